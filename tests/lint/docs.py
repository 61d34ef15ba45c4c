"""The documents tell of what there is: files, routes with their methods, commands with their options.

What is checked is what a page can say wrongly without anybody noticing when the tree changes.
"""
import os
import re

import source

ENDPOINTS = "docs/endpoints.md"
METHODS = ["GET", "POST", "PUT", "DELETE"]

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
# A part in capitals stands for a name: tests/unit/ROOM.
PLACEHOLDER = re.compile(r"(?:^|/)[A-Z]+(?:/|$)")
ROUTE = re.compile(r"struct route (\w+) = \{(.*?)\};", re.S)
ROW = re.compile(r"^\| `(/[^`]*)` \| ([A-Z, ]+) \|", re.M)
COMMAND = re.compile(r"^(?:[#$] )?authctl [a-z][^#\n]*", re.M)


def pages():
    """The pages that name files: all but the reference that authctl writes itself."""
    return [(p, t) for p, t in source.files(".md") if "/" not in p or p.startswith("docs/")]


def named_paths(text, tops):
    """Each path from the top of the tree that a page names, in prose or in code."""
    tops = "|".join(sorted(map(re.escape, tops)))
    for match in re.finditer(rf"(?<![\w/.:$-])((?:{tops})/[\w./-]*|[A-Z]+\.md\b)", text):
        path = match.group(1).rstrip("./-")
        if not PLACEHOLDER.search(path):
            yield text.count("\n", 0, match.start()) + 1, path


def paths(page, text, tracked, tops):
    for number, path in named_paths(text, tops):
        if path not in tracked:
            yield f"{page}:{number}: there is no {path}"
    for match in LINK.finditer(text):
        if "://" in match.group(1):
            continue
        path = os.path.normpath(os.path.join(os.path.dirname(page), match.group(1)))
        if path not in tracked:
            number = text.count("\n", 0, match.start()) + 1
            yield f"{page}:{number}: the link leads nowhere: {match.group(1)}"


def tree():
    """(every file and folder, the folders at the top)"""
    tracked = set()
    for path, _ in source.files():
        while path:
            tracked.add(path)
            path = os.path.dirname(path)
    return tracked, {p for p in tracked if (source.TOP / p).is_dir() and "/" not in p}


def all_paths():
    tracked, tops = tree()
    for page, text in pages():
        yield from paths(page, text, tracked, tops)


def defined_routes(text):
    """(name, path, methods) of each route that C source defines."""
    for name, body in ROUTE.findall(text):
        path = re.search(r'\.path = "([^"]*)"', body).group(1)
        methods = re.search(r"\.methods = ([^,]*),", body).group(1)
        yield name, path, [m for m in METHODS if re.search(rf"\bMETHOD_{m}\b", methods)]


def routes(table, defined, page):
    """What the page's rows say otherwise than the table of routes."""
    rows = {path: methods.split(", ") for path, methods in ROW.findall(page)}
    for name in (f"{word}_ROUTE" for word in re.findall(r"'([A-Z_]+)'", table)):
        if name not in defined:
            yield f"{name}: its definition was not found"
            continue
        path, methods = defined[name]
        said = rows.pop(path, None)
        if said is None:
            yield f"{ENDPOINTS}: {path} is missing"
        elif said != methods:
            yield f"{ENDPOINTS}: {path} takes {', '.join(methods)}, not {', '.join(said)}"
    for path in rows:
        yield f"{ENDPOINTS}: {path} is not served"


def all_routes():
    room = source.TOP / "authd/endpoint"
    defined = {name: (path, methods) for file in sorted(room.glob("*.c"))
               for name, path, methods in defined_routes(file.read_text())}
    yield from routes((room / "meson.build").read_text(), defined,
                      (source.TOP / ENDPOINTS).read_text())


def grants(table, page):
    """Grants of the table in Meson that the row of /token does not name."""
    row = re.search(r"^\| `/token` .*$", page, re.M).group()
    block = re.search(r"grants = \[(.*?)\]", table, re.S).group(1)
    for grant in re.findall(r"'(\w+)'", block):
        if not re.search(rf"`(?:[\w.:-]*:)?{grant}`", row.replace("-", "_")):
            yield f"{ENDPOINTS}: /token does not name {grant}"


def all_grants():
    yield from grants((source.TOP / "authd/oauth/meson.build").read_text(), (source.TOP / ENDPOINTS).read_text())


def commands(page, text, reference):
    """Commands of authctl in a page's examples that its reference does not have so."""
    sections = {}
    for section in re.split(r"^## ", reference, flags=re.M)[1:]:
        sections[section.split("\n", 1)[0]] = section
    common = sections.get("Options of every command", "")
    # Only what stands between fences; the rest keeps its line breaks, so that lines can be counted.
    examples = "".join(part if k % 2 else "\n" * part.count("\n")
                       for k, part in enumerate(re.split(r"^```.*$", text, flags=re.M)))
    for match in COMMAND.finditer(examples):
        line = match.group(0).lstrip("#$ ")
        known = [s for s in sections if line == s or line.startswith(s + " ")]
        number = examples.count("\n", 0, match.start()) + 1
        if not known:
            yield f"{page}:{number}: authctl has no such command: {line.strip()}"
            continue
        section = sections[max(known, key=len)]
        for flag in re.findall(r"(?<!\S)--[\w-]+", line):
            if not re.search(rf"^  {flag}\b(?!-)", section + common, re.M):
                yield f"{page}:{number}: {max(known, key=len)} has no {flag}"
        takes = re.search(r"^```\n(authctl .*)$", section, re.M)
        rest = line[len(max(known, key=len)):].split()
        if takes and rest and not rest[0].startswith("-") and \
                not re.search(r"[A-Z]", takes.group(1).replace("[OPTION...]", "")):
            yield f"{page}:{number}: {max(known, key=len)} takes no argument: {rest[0]}"


def all_commands():
    reference = (source.TOP / "docs/authctl.md").read_text()
    for page, text in pages():
        if page != "docs/authctl.md":
            yield from commands(page, text, reference)


def metadata(members, options, card):
    """Members of a client's metadata that operators cannot set by an option, or do not see."""
    rows = dict(re.findall(r"\{ AT\((\w+), FIELD_\w+\), BY_(\w+) \}", members))
    rows["token_endpoint_auth_method"] = "ANYBODY"
    settable = {name for name, by in rows.items() if by in ("ANYBODY", "OPERATOR")}
    seen = {name for name, by in rows.items() if by != "ITSELF"}
    named = re.findall(r'(?:TEXT|LIST|BOOL)\("[^"]*",\s+"(\w+)"|\.member = "(\w+)"', options)
    optional = {a or b for a, b in named}
    shown = set(re.findall(r'\{ "(\w+)", "', card))
    yield from (f"client_options.c: no option for {name}" for name in sorted(settable - optional))
    yield from (f"client_options.c: authd has no {name}" for name in sorted(optional - settable))
    yield from (f"client_show.c: {name} is not shown" for name in sorted(seen - shown))


def all_metadata():
    yield from metadata(*((source.TOP / path).read_text() for path in (
        "authd/service/client_metadata.c", "authctl/client_options.c", "authctl/client_show.c")))


if __name__ == "__main__":
    source.main(all_paths, all_routes, all_grants, all_commands, all_metadata)
