"""How C is written here: banned calls, secrets compared, lengths, headers, white space."""
import re

import source

# Hard limits; what to aim at is 400, 20, 3 and the 100 columns of .clang-format.
FILE_LINES, FUNCTION_LINES, DEPTH, COLUMNS = 600, 100, 4, 120
PUBLIC = ("libauth/auth.h", "libauth/refresh/auth_refresh.h")

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|alloca|gets)\s*\(")
THREAD_LOCAL = re.compile(r"\b(_Thread_local|thread_local|__thread)\b")
COMPARE = re.compile(r"\b(memcmp|bcmp|strn?cmp|strn?casecmp|slice_equal)\s*\(")
# A name that tells of a secret: such bytes are compared by slice_equal_secret() alone.
SECRET = re.compile(r"(?:^|[^a-z])(secret|password|passwd|hmac|mac|tag|verifier|pin|csrf|cookie|"
                    r"bearer)(?:[^a-z]|$)", re.I)
# Written once under pthread_once(), constant for everybody who can see it: nothing else is excused.
ONCE = {"keys/algorithms.c": ["static struct algorithms fetched;",
                              "static pthread_once_t once = PTHREAD_ONCE_INIT;"]}
# A file-scope object that is not const: "static int n;", "static struct x y = {".
GLOBAL = re.compile(r"^(?!.*\bconst\b)(?!typedef\b|extern\b|struct \w+ \{|enum|union)"
                    r"(?:static )?[a-z_]\w*(?: [a-z_]\w*)* \**[a-z_]\w*(?:\[[^\]]*\])*(?: = .*|;)$")


def arguments(text, start):
    """The text between the parenthesis at start and its match."""
    depth = 0
    for end in range(start, min(len(text), start + 400)):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        if depth == 0:
            return text[start + 1:end]
    return ""


def calls(path, text):
    clean = source.code(text)
    lines = text.split("\n")
    for pattern, why in ((BANNED, "is banned"), (THREAD_LOCAL, "is banned: requests change threads")):
        for match in pattern.finditer(clean):
            yield f"{path}:{clean.count(chr(10), 0, match.start()) + 1}: {match.group(1)} {why}"
    for match in COMPARE.finditer(clean):
        number = clean.count("\n", 0, match.start()) + 1
        told = SECRET.search(arguments(clean, match.end() - 1))
        if told and "/* public" not in lines[number - 1]:
            yield (f"{path}:{number}: {match.group(1)} on '{told.group(1)}': secrets are compared "
                   "by slice_equal_secret(); if it is none, say so in a comment: /* public: why */")


def functions(text):
    """(name, first line, lines, deepest nesting) of each function, by its braces in column 0."""
    name, start, depth, deepest = "", 0, 0, 0
    for number, line in source.numbered(source.code(text)):
        if line.startswith("{") and not start:
            start, depth, deepest = number, 0, 0
        elif start and line.startswith("}"):
            yield name, start, number - start - 1, deepest
            start = 0
        elif start:
            depth += line.count("{") - line.count("}")
            deepest = max(deepest, depth)
        else:
            found = re.match(r"[A-Za-z_].*?(\w+)\(", line)
            name = found.group(1) if found else name


def sizes(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines, the limit is {FILE_LINES}"
    for name, number, length, deepest in functions(text):
        if length > FUNCTION_LINES:
            yield f"{path}:{number}: {name} has {length} lines, the limit is {FUNCTION_LINES}"
        if deepest > DEPTH:
            yield f"{path}:{number}: {name} nests {deepest} deep, the limit is {DEPTH}"


def globals_(path, text):
    for number, line in source.numbered(source.code(text)):
        if line in ONCE.get(path, []):
            continue
        if GLOBAL.match(line) and "(" not in line.split("=")[0]:
            yield f"{path}:{number}: no mutable global: {line.strip()}"


def header(path, text):
    if not text.startswith("/*"):
        yield f"{path}:1: a header opens with a comment: what, how to use, threads"
    guard = "#ifndef" if path in PUBLIC else "#pragma once"
    if guard not in text:
        yield f"{path}: {guard} is missing"


def white_space(path, text, is_c):
    if text and not text.endswith("\n"):
        yield f"{path}: the last line has no end"
    if text.endswith("\n\n"):
        yield f"{path}: blank lines at the end"
    for number, line in source.numbered(text):
        if line.endswith("\r"):
            yield f"{path}:{number}: a carriage return"
        elif line != line.rstrip() and not path.endswith((".md", ".tsv")):
            yield f"{path}:{number}: white space at the end of the line"
        if not is_c:
            continue
        if re.match(r" {2,}[^\s\[{.]", line) and begins_statement(text, number):
            yield f"{path}:{number}: indent with tabs"
        if columns(line) > COLUMNS:
            yield f"{path}:{number}: {columns(line)} columns, the limit is {COLUMNS}"


def begins_statement(text, number):
    """Whether a line is no continuation: only those may be aligned with spaces."""
    before = "\n".join(text.split("\n")[:number - 1])
    if before.rfind("/*") > before.rfind("*/"):
        return False
    return before.rstrip().endswith((";", "{", "}", ":"))


def columns(line):
    return len(line.expandtabs(8))


def check():
    for path, text in source.files():
        if path.startswith("tests/") and "/vectors/" in path or "/corpus/" in path:
            continue  # kept byte for byte
        is_c = path.endswith((".c", ".h"))
        yield from white_space(path, text, is_c)
        if not is_c:
            continue
        yield from calls(path, text)
        yield from sizes(path, text)
        if path.endswith(".h"):
            yield from header(path, text)
        elif not path.startswith("tests/"):
            yield from globals_(path, text)


if __name__ == "__main__":
    source.main(check)
