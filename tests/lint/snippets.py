"""C in the documents compiles: each block between fences, and the examples that open the public headers.

A block whose fence names a file, as in ```c examples/service.c, is a part of that file, word for word.
Any other is compiled as the body of a function, with the names below at hand.
"""
import re
import subprocess

import source

PAGES = ["README.md", "docs/libauth.md", "docs/offline.md"]
HEADERS = ["libauth/auth.h", "libauth/refresh/auth_refresh.h"]
BLOCK = re.compile(r"^```c(?: (\S+))?\n(.*?)^```$", re.S | re.M)
COMPILER = ["cc", "-std=c99", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-unused", "-Wunused-result",
            "-Werror", "-c", "-o", "/dev/null", "-Ilibauth", "-Ilibauth/refresh", "-xc"]
AROUND = """#include <auth_refresh.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
int respond(int code, const char *challenge);
bool seen_before(const char *jti);
int f(struct auth_verifier *verifier, struct auth_refresh *refresh, struct auth_keyset *keys,
      struct auth_claims *claims, struct auth_options options, struct auth_error error,
      enum auth_status status, const char *token, size_t n, const char *proof, size_t proof_n,
      const unsigned char *certificate, size_t certificate_n);
int f(struct auth_verifier *verifier, struct auth_refresh *refresh, struct auth_keyset *keys,
      struct auth_claims *claims, struct auth_options options, struct auth_error error,
      enum auth_status status, const char *token, size_t n, const char *proof, size_t proof_n,
      const unsigned char *certificate, size_t certificate_n)
{{
	{{
#line {line} "{page}"
{block}
	}}
	return 0;
}}
"""


def blocks():
    """(page, line, file it is of, C)"""
    for page in PAGES:
        text = (source.TOP / page).read_text()
        for match in BLOCK.finditer(text):
            yield page, text.count("\n", 0, match.start()) + 2, *match.groups()
    for header in HEADERS:
        opening = (source.TOP / header).read_text().split("*/", 1)[0].split("\n")
        lines = [k for k, line in enumerate(opening) if line.startswith(" *\t")]
        code = "\n".join(line[3:] if line.startswith(" *\t") else "" for line in
                         opening[lines[0]:lines[-1] + 1])
        yield header, lines[0] + 1, None, code


def complaint(page, line, file, block):
    if file:
        if block in (source.TOP / file).read_text():
            return None
        return f"{page}:{line}: {file} does not have these lines"
    text = AROUND.format(page=page, line=line, block=block)
    run = subprocess.run([*COMPILER, "-"], cwd=source.TOP, input=text, text=True,
                         capture_output=True)
    return run.stderr.strip() if run.returncode else None


def check():
    yield from filter(None, (complaint(*b) for b in blocks()))


if __name__ == "__main__":
    source.main(check)
