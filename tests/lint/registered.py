"""Every test is registered, under a name of its own; nothing tells of the machine it was made on.
Each fuzz target says what it covers, and each attack which test shows it.

registered.py BUILD    the build directory, asked for the tests that Meson knows
"""
import collections
import json
import os
import re
import subprocess
import sys

import source

HOME = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/\w+")
# What is run as a test, or is built into one. What is in lib and tools serves them.
PROGRAMS = re.compile(r"^tests/(?!.*\b(?:lib|tools|bench|node_modules)/).*\.(?:c|sh|mjs|py)$")
HELPERS = {"tests/lint/source.py", "tests/e2e/proxies/attacks.py", "tests/conformance/lib.mjs",
           "tests/conformance/logout.mjs", "tests/conformance/fapi2.mjs",
           "tests/e2e/attacks/raw.mjs", "tests/e2e/browser/launch.mjs", "tests/e2e/factors/totp.mjs",
           "tests/e2e/asked/portal.mjs"}


def meson_above(path):
    """The text of the meson.build files of a file's folder and of those above it in tests/."""
    folder = os.path.dirname(path)
    while folder.startswith("tests"):
        build = source.TOP / folder / "meson.build"
        if build.exists():
            yield build.read_text()
        folder = os.path.dirname(folder)


def is_named(path, builds):
    """Whether a build file names it: 'x_test.c', 'folder/x.sh', or 'x' in a list of names."""
    name = os.path.basename(path)
    stem = os.path.splitext(name)[0]
    stems = {stem, stem.removesuffix("_test"), stem.removesuffix(".test"), stem.removeprefix("test_")}
    words = "|".join(map(re.escape, stems))
    return any(re.search(rf"'(?:[\w/.-]*/)?{re.escape(name)}'|'(?:{words})'", b) for b in builds)


def run_by_script(path):
    """Whether a registered script beside it runs it."""
    folder = os.path.dirname(path)
    for script in (source.TOP / folder).glob("*.sh"):
        text, name = script.read_text(), f"{folder}/{script.name}"
        if os.path.basename(path) in text and is_named(name, list(meson_above(name))):
            return True
    return False


def unregistered():
    for path, _ in source.files():
        if not PROGRAMS.match(path) or path in HELPERS:
            continue
        if not is_named(path, list(meson_above(path))) and not run_by_script(path):
            yield f"{path}: named in no meson.build, so nobody runs it"


def suites():
    out = subprocess.run(["meson", "introspect", "--tests", sys.argv[1]], check=True,
                         capture_output=True)
    return [t["name"] for t in json.loads(out.stdout)]


def same_names():
    for name, times in collections.Counter(suites()).items():
        if times > 1:
            yield f"{times} tests are named {name}: tests/run could not tell them apart"


def fuzz_targets():
    """Each target has a row of files that exist, and a corpus."""
    here = source.TOP / "tests/fuzz"
    rows = [row.split("\t", 1) for row in (here / "covers.tsv").read_text().splitlines()
            if row and not row.startswith("#")]
    named = set(re.findall(r"^  '(\w+)': ", (here / "meson.build").read_text(), re.M))
    for name in named ^ {name for name, _ in rows}:
        yield f"tests/fuzz: {name} stands in one of meson.build and covers.tsv alone"
    for name, patterns in rows:
        if not (here / "corpus" / name).is_dir():
            yield f"tests/fuzz: {name} has no corpus"
        for pattern in patterns.split():
            if not any(source.TOP.glob(pattern)):
                yield f"tests/fuzz/covers.tsv: {name}: no file is {pattern}"


# A test is named by a macro of cmocka, by a string after test( or one in a list of them; of a script,
# by a comment or a function.
NAMED = {".c": r"(?:cmocka_unit_test\w*|TEST)\((?:\s*){0}\b", ".mjs": r"[\"`]{0}[\"`]", ".sh": "{0}",
         ".py": r"\b{0}\b"}


def attacks():
    """Each row names a test that there is."""
    here = source.TOP / "tests/attacks.tsv"
    known = set(suites())
    for number, row in source.numbered(here.read_text()):
        if not row or row.startswith("#"):
            continue
        _, suite, name, test = row.split("\t")
        path = source.TOP / name
        if suite not in known:
            yield f"tests/attacks.tsv:{number}: no suite is {suite}"
        elif not path.exists() or not re.search(NAMED[path.suffix].format(re.escape(test)), path.read_text()):
            yield f"tests/attacks.tsv:{number}: {name} has no test {test}"


def homes():
    for path, text in source.files():
        for number, line in source.numbered(text):
            found = HOME.search(line)
            if found and path != "tests/lint/registered.py":
                yield f"{path}:{number}: {found.group(0)} is a path of somebody's machine"


if __name__ == "__main__":
    source.main(unregistered, same_names, fuzz_targets, attacks, homes)
