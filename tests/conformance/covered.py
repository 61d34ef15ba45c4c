"""Did every module of a plan pass? covered.py TAP ARGUMENT...

TAP is what node --test wrote; the arguments are those of run.sh, by which modules.txt names its plans. Exits 1 and
says which module has no test that passed, and which has one although the list says that it is left.
"""
import pathlib
import re
import sys


def modules(arguments):
    """The names of one plan's modules, each with the reason why it is left, or ''."""
    inside, found = False, {}
    for line in pathlib.Path(__file__).with_name("modules.txt").read_text().splitlines():
        if line.startswith("plan "):
            inside = line.partition(": ")[2] == arguments
        elif inside and line and not line.startswith("#"):
            name, _, why = line.partition("  left: ")
            found[name] = why
    return found


def passed(tap):
    lines = re.finditer(r"^\s*ok \d+ - (.*?)( # .*)?$", pathlib.Path(tap).read_text(), re.MULTILINE)
    return {m[1] for m in lines if not re.match(r" # (SKIP|TODO)", m[2] or "")}


def main():
    wanted, good = modules(" ".join(sys.argv[2:])), passed(sys.argv[1])
    wrong = [f"{name}: no test of this name has passed" for name, why in wanted.items() if not why and name not in good]
    wrong += [f"{name}: has a test, so it is not left" for name, why in wanted.items() if why and name in good]
    if not wanted:
        wrong = ["modules.txt has no such plan"]
    left = sum(bool(why) for why in wanted.values())
    print("\n".join(wrong) or f"all {len(wanted) - left} modules have passed, {left} are left")
    return bool(wrong)


sys.exit(main())
