"""What the lints share: the project's files, C without its comments, and how complaints are told."""
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARY = {".png", ".der", ".bin", ".gz", ".zip", ".ico", ".pdf"}
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def files(*suffixes):
    """The (path from the top, text) of each file that git tracks, or would: not what is ignored."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=TOP,
                         capture_output=True, check=True)
    for name in sorted(os.fsdecode(n) for n in out.stdout.split(b"\0") if n):
        path = TOP / name
        if path.is_symlink() or not path.is_file() or path.suffix in BINARY:
            continue
        if suffixes and path.suffix not in suffixes:
            continue
        try:
            yield name, path.read_text()
        except UnicodeDecodeError:
            continue  # corpora and vectors may hold any bytes


def code(text):
    """C source with comments blanked and the insides of strings dropped, line numbers kept."""
    def blank(match):
        token = match.group(0)
        if token[0] in "\"'":
            return token[0] * 2
        return " " + "\n" * token.count("\n")
    return TOKEN.sub(blank, text)


def numbered(text):
    return enumerate(text.split("\n"), 1)


def main(*checks):
    """Run checks, each a function that yields complaints; exit 1 if there is any."""
    complaints = [c for check in checks for c in check()]
    for complaint in complaints:
        print(complaint)
    print(f"{len(complaints)} complaints")
    sys.exit(1 if complaints else 0)
