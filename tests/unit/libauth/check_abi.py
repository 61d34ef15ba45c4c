#!/usr/bin/env python3
"""What programs that are linked with libauth count on is as abi.txt says.

check_abi.py [--write] ABI HEADER... -- LIBRARY...

The list has each symbol with its version, each function's type, each public struct's layout and each
enumerator's value. A line that is gone or reads otherwise breaks programs that are in use: give the new
thing a new name, or the library a new soname. A line more breaks nobody, but belongs into the list:
--write puts it there. The layout is that of machines with 64-bit pointers and longs.
"""
import pathlib
import re
import subprocess
import sys
import tempfile


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def symbols(library):
    """auth_verify@@AUTH_0.1"""
    for line in run("nm", "-D", "--defined-only", "--with-symbol-versions", library).splitlines():
        name = line.split()[-1]
        if "@@" in name and name.startswith("auth_"):
            yield f"symbol {name}"


def functions(source, folder):
    """Their types, without the parameters' names, as gcc tells them."""
    file = folder / "functions"
    run("gcc", "-fsyntax-only", "-aux-info", str(file), *source)
    for line in file.read_text().splitlines():
        found = re.search(r"\*/ extern (.*\b(auth_\w+) \(.*\));", line)
        if found:
            yield f"function {found.group(1)}"


def members(body):
    for declaration in re.sub(r"\s+", " ", body).split(";"):
        name = re.search(r"(\w+)\s*(\[[^]]*\])?\s*$", declaration)
        if name:
            yield name.group(1)


def layouts(headers, folder):
    """A program that prints them, made from what the preprocessor leaves of the headers."""
    text = "\n".join(run("gcc", "-E", "-P", *include(headers), header) for header in headers)
    lines = set()
    for struct, body in re.findall(r"struct (auth_\w+)\s*\{([^}]*)\}\s*;", text):
        lines.add(f'printf("struct {struct}: %zu bytes\\n", sizeof(struct {struct}));')
        for member in members(body):
            of = f"((struct {struct} *)0)->{member}"
            lines.add(f'printf("struct {struct}.{member}: %zu bytes at %zu\\n", sizeof {of}, '
                      f"offsetof(struct {struct}, {member}));")
    for enum, body in re.findall(r"enum (auth_\w+)\s*\{([^}]*)\}\s*;", text):
        for name in re.findall(r"\b(AUTH_\w+)\s*(?:=|,|$)", body.strip()):
            lines.add(f'printf("enum {enum}: {name} = %d\\n", (int){name});')
    program = folder / "layouts.c"
    program.write_text("#include <stddef.h>\n#include <stdio.h>\n" +
                       "".join(f'#include "{header}"\n' for header in headers) +
                       "int main(void)\n{\n" + "\n".join(sorted(lines)) + "\n}\n")
    run("gcc", "-std=gnu11", *include(headers), str(program), "-o", str(folder / "layouts"))
    return run(str(folder / "layouts")).splitlines()


def include(headers):
    return sorted({f"-I{pathlib.Path(header).parent}" for header in headers})


def interface(headers, libraries):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lines = [line for library in libraries for line in symbols(library)]
        all_headers = folder / "all.c"
        all_headers.write_text("".join(f'#include "{header}"\n' for header in headers))
        lines += functions([*include(headers), str(all_headers)], folder)
        lines += layouts(headers, folder)
        return sorted(set(lines))


def main(arguments):
    if sys.maxsize < 2**63 - 1:
        sys.exit(77)  # skipped
    write = arguments[0] == "--write"
    listed, *rest = arguments[write:]
    middle = rest.index("--")
    now = interface([str(pathlib.Path(h).resolve()) for h in rest[:middle]], rest[middle + 1:])
    if write:
        pathlib.Path(listed).write_text("\n".join(now) + "\n")
        return
    then = pathlib.Path(listed).read_text().splitlines()
    gone, new = sorted(set(then) - set(now)), sorted(set(now) - set(then))
    for line in gone:
        print(f"gone, which breaks programs in use: {line}")
    for line in new:
        print(f"new, and not listed yet: {line}")
    if gone or new:
        print("to write the list anew:", sys.argv[0], "--write", *arguments)
    sys.exit(1 if gone or new or not now else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
