"""Search a folder for values in the clear: sealed.py FOLDER NUMBER VALUE...

Each value is looked for in UTF-8, GB18030 and UTF-16, bare and as hexadecimal, base64 and base64url
at each alignment. NUMBER is the resident number of somebody who is in there, and a million candidates
around it are hashed without a key: none of the digests may lie in the files.
"""
import base64
import hashlib
import hmac
import os
import pathlib
import sys

CANDIDATES = 1_000_000
PREFIX = 8  # bytes of a digest that are looked for: one chance in 2^44 for a million and a 1 MiB file


def base64_cores(raw):
    """What base64 of anything with raw inside holds, whatever stands before: three alignments."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw)
        # The first and last groups depend on the neighbours.
        core = text[4 if before else 0:len(text) - 4]
        if len(core) >= 6:
            yield core
            yield core.translate(bytes.maketrans(b"+/", b"-_"))


def forms(value):
    for encoding in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        raw = value.encode(encoding)
        yield encoding, raw
        yield f"hex of {encoding}", raw.hex().encode()
        yield f"HEX of {encoding}", raw.hex().upper().encode()
        for core in base64_cores(raw):
            yield f"base64 of {encoding}", core
    yield "JSON escapes", "".join(f"\\u{ord(c):04x}" if ord(c) > 126 else c for c in value).encode()


def search(name, content, values):
    found = {f"{name}: {form} of value {i}" for i, value in enumerate(values)
             for form, raw in forms(value) if raw in content}
    return sorted(found)


def candidates(number):
    """Numbers of the same area, first the real one: what somebody with the files would try."""
    yield number
    weights = [2 ** (17 - i) % 11 for i in range(17)]
    for n in range(CANDIDATES - 1):
        day, sequence = divmod(n, 999)
        year, day = divmod(day, 336)
        body = f"{number[:6]}{1930 + year % 80:04}{day // 28 + 1:02}{day % 28 + 1:02}{sequence + 1:03}"
        yield body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights)) % 11]


def digests(number):
    text = number.encode()
    for known in (text, b"resident" + text, b"resident\0" + text, b"\0" + text):
        yield hashlib.sha256(known).digest()
    yield hashlib.md5(text).digest()
    yield hashlib.sha1(text).digest()
    yield hmac.digest(b"", text, "sha256")


def windows(content):
    return {content[i:i + PREFIX] for i in range(len(content) - PREFIX + 1)}


def guessed(contents, number):
    known = set().union(*(windows(content) for content in contents))
    return sum(digest[:PREFIX] in known for candidate in candidates(number)
               for digest in digests(candidate))


def control(values, number):
    """The search finds what is planted."""
    for value in values:
        for form, raw in forms(value):
            if not search("planted", b"before" + raw + b"after", [value]):
                sys.exit(f"the search is blind for {form}")
        for before in range(6):
            raw = base64.b64encode(b"x" * before + value.encode() + b"yz")
            if len(value.encode()) >= 9 and not search("planted", raw, [value]):
                sys.exit("the search is blind for base64 inside something")
    planted = b"before" + hashlib.sha256(number.encode()).digest()
    if not any(d[:PREFIX] in windows(planted) for d in digests(number)):
        sys.exit("the search is blind for digests")


def written(path):
    """What a file holds, without its holes and empty pages: a store's file may be mostly that."""
    parts, place = [], 0
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        while place < size:
            try:
                begin = os.lseek(file.fileno(), place, os.SEEK_DATA)
            except OSError:
                break
            place = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            file.seek(begin)
            while begin < place:
                page = file.read(min(4096, place - begin))
                begin += len(page)
                if page.strip(b"\0"):
                    parts.append(page)
    return b"".join(parts)


def main():
    folder, values = pathlib.Path(sys.argv[1]), sys.argv[2:]
    number = values[0]
    control(values, number)
    files = [pathlib.Path(d) / f for d, _, names in os.walk(folder) for f in names]
    contents = {path.relative_to(folder): written(path) for path in files}
    found = [line for name, content in contents.items() for line in search(name, content, values)]
    print("\n".join(found))
    hits = guessed(contents.values(), number)
    print(f"{len(values)} values, {len(contents)} files, {sum(map(len, contents.values())) >> 10} KiB: "
          f"{len(found)} in the clear; {CANDIDATES} candidates: {hits} found")
    sys.exit(1 if found or hits or len(contents) < 3 else 0)


if __name__ == "__main__":
    main()
