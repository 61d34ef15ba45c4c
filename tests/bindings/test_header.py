"""The bindings are of the header as it is: test_header.py HEADER

Numbers, layouts and initial values are what a C program says of them; prototypes are compared with
the header's text; the answers named in index.d.ts are the header's.
"""
import ctypes
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import libauth

TOP = pathlib.Path(__file__).resolve().parents[2]
HEADER = pathlib.Path(sys.argv[1]).resolve()
TEXT = re.sub(r"/\*.*?\*/", " ", HEADER.read_text(), flags=re.S)

ENUMS = {"auth_status": libauth.Status, "auth_kind": libauth.Kind, "auth_flag": libauth.Flag}
STRUCTS = {"auth_options": (libauth._Options, "AUTH_OPTIONS_INIT"), "auth_error": (libauth._Error, "{ { 0 } }"),
           "auth_bundle_options": (libauth._BundleOptions, "AUTH_BUNDLE_OPTIONS_INIT"),
           "auth_dpop": (libauth._Dpop, "AUTH_DPOP_INIT")}
C_INTEGERS = {"int": ctypes.c_int, "unsigned": ctypes.c_uint, "size_t": ctypes.c_size_t,
              "int64_t": ctypes.c_int64, "bool": ctypes.c_bool, "void": None}


def enum_names(name):
    body = re.search(rf"enum {name} \{{(.*?)\}}", TEXT, re.S).group(1)
    return re.findall(r"\b(AUTH_\w+) =", body)


def said_by_c(expressions):
    """What a C program that includes the header prints for integer expressions."""
    lines = "\n".join(f'printf("%lld\\n", (long long)({e}));' for e in expressions)
    fills = "\n".join(f"struct {s} {s} = {init};" for s, (_, init) in STRUCTS.items())
    program = f'#include "{HEADER}"\n#include <stdio.h>\nint main(void) {{ {fills}\n{lines}\nreturn 0; }}\n'
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "said.c")
        source.write_text(program)
        subprocess.run(["cc", "-w", source, "-o", f"{folder}/said"], check=True)
        out = subprocess.run([f"{folder}/said"], check=True, capture_output=True, text=True).stdout
    return dict(zip(expressions, map(int, out.split())))


def converted(declaration):
    """The ctypes type of a C type, written with or without a parameter's name."""
    stars = declaration.count("*")
    words = [w for w in re.findall(r"\w+", declaration) if w != "const"]
    if words[0] == "enum":
        return ctypes.c_int
    if not stars:
        return C_INTEGERS[words[0]]
    if words[0] == "size_t":
        return ctypes.POINTER(ctypes.c_size_t)
    if words[0] == "struct" and words[1] in STRUCTS:
        return ctypes.POINTER(STRUCTS[words[1]][0])
    if stars == 2:
        return ctypes.POINTER(ctypes.c_char_p if words[0] == "char" else ctypes.c_void_p)
    # Bytes go in as Python's bytes, whether they are text or not.
    return ctypes.c_char_p if words[0] in ("char", "void") else ctypes.c_void_p


def prototypes():
    pattern = r"AUTH_(?:API|CHECK) ([\w ]+?[ *]+)(auth_\w+)\(([^;]*)\);"
    for result, name, parameters in re.findall(pattern, TEXT):
        yield name, (converted(result), *map(converted, parameters.split(",")))


class TheHeader(unittest.TestCase):
    def test_enums(self):
        for name, enum in ENUMS.items():
            said = said_by_c(enum_names(name))
            self.assertEqual({f"AUTH_{m.name}": m.value for m in enum}, said)
        types = enum_names("auth_type")
        self.assertEqual(list(said_by_c(types).values()), list(range(len(libauth._READERS) + 1)))

    def test_structs(self):
        for name, (struct, _) in STRUCTS.items():
            body = re.search(rf"struct {name} \{{(.*?)\}};", TEXT, re.S).group(1)
            members = re.findall(r"(\w+)(?:\[\d+\])?;", body)
            self.assertEqual([field for field, _ in struct._fields_], members)
            expected = {f"sizeof(struct {name})": ctypes.sizeof(struct)}
            for member in members:
                expected[f"offsetof(struct {name}, {member})"] = getattr(struct, member).offset
                expected[f"sizeof {name}.{member}"] = getattr(struct, member).size
            self.assertEqual(said_by_c(list(expected)), expected)

    def test_initial_values(self):
        for name, (struct, _) in STRUCTS.items():
            if struct is libauth._Error:
                continue
            size = ctypes.sizeof(struct)
            said = said_by_c([f"((unsigned char *)&{name})[{i}]" for i in range(size)])
            self.assertEqual(bytes(libauth._fill(struct, {})), bytes(said.values()), name)

    def test_prototypes(self):
        known = dict(prototypes())
        self.assertGreater(len(known), 50)
        for name, declared in libauth._FUNCTIONS.items():
            expected = known[name]
            if name == "auth_value_number":  # n characters without a NUL
                expected = (ctypes.c_void_p, *expected[1:])
            self.assertEqual(declared, expected, name)

    def test_answers_of_the_node_binding(self):
        types = (TOP / "bindings/node/index.d.ts").read_text()
        named = re.findall(r"'(AUTH_\w+)'", re.search(r"type Code =(.*?);", types, re.S).group(1))
        self.assertEqual(named, [n for n in enum_names("auth_status") if n != "AUTH_OK"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
