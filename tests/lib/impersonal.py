"""Entries of the audit on standard input: does one of them tell who somebody is? Exits 1 and says so.

Looked for are the forms of personal data that the tests use: names (anything in Chinese), resident numbers and
credit codes, travel documents, phone numbers, mail addresses; and texts that are longer than the audit allows.
"""
import json
import re
import sys

LONGEST = 512
PERSONAL = {
    "a name": re.compile(r"[\u3400-\u9fff]"),
    "a resident number": re.compile(r"(?<![0-9A-Za-z])[0-9]{17}[0-9Xx](?![0-9A-Za-z])"),
    "a credit code": re.compile(r"(?<![0-9A-Za-z])[1-9AN][0-9]{7}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])"),
    "a phone number": re.compile(r"(?<![0-9A-Za-z])(\+86)?1[0-9]{10}(?![0-9A-Za-z])"),
    "a mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w"),
}


def complaints(line):
    entry = json.loads(line)["entry"]
    entry.pop("checkpoint", None)  # signed, and random
    for member, value in entry.items():
        if not isinstance(value, str):
            continue
        if len(value.encode()) > LONGEST:
            yield f"{member} has {len(value.encode())} bytes"
        for what, pattern in PERSONAL.items():
            if pattern.search(value):
                yield f"{member} has {what}: {value!r}"


def main():
    found = events = 0
    for line in sys.stdin:
        events += 1
        for complaint in complaints(line):
            found += 1
            print(f"the audit tells who somebody is: {complaint} in {line.strip()[:300]}", file=sys.stderr)
    if events == 0:
        print("the audit is empty", file=sys.stderr)
    return 1 if found else 0


sys.exit(main())
