"""Imports only go down: the order of the floors, and which room may use which library."""
import re

import source

FLOORS = ["libauth/base", "libauth", "libauth/refresh", "libauth/gate", "keys", "conf", "authd/model", "authd/store", "authd/service",
          "authd/oauth", "authd/page", "authd/endpoint", "authd/server"]
TOP_FLOOR = len(FLOORS)  # authd/main.c, authctl/
PUBLIC = ("libauth/auth.h", "libauth/refresh/auth_refresh.h")
STRANGERS = ("examples", "bindings")  # what any platform could have written

# A library's header and the only rooms that include it.
LIBRARIES = {
    "microhttpd.h": ["authd/server", "libauth/gate", "examples"],
    "hiredis": ["authd/store"],
    "lmdb.h": ["authd/store"],
    "yaml.h": ["conf"],
    "curl/curl.h": ["authd/service", "libauth/refresh", "authctl", "examples"],
    "qrencode.h": ["authd/page"],
    "node_api.h": ["bindings/node"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def floor(path):
    """The number of the floor that a file lies on; None for what is no part of the house."""
    rooms = [i for i, room in enumerate(FLOORS) if path.startswith(room + "/")]
    if rooms:
        # libauth/base/x.h begins with both "libauth/base" and "libauth": the longer one counts.
        return max(rooms, key=lambda i: len(FLOORS[i]))
    return TOP_FLOOR if path.startswith(("authd/", "authctl/")) else None


def reach(path):
    """How high the includes of a file may reach."""
    unit = re.match(r"tests/unit/([^/]+)/", path)
    if unit:
        name = unit.group(1)
        return next((i for i, room in enumerate(FLOORS) if room.split("/")[-1] == name), TOP_FLOOR)
    return TOP_FLOOR if path.startswith("tests/") else floor(path)


def in_room(path, rooms):
    return any(path.startswith(room + "/") for room in rooms)


def complaints(path, text):
    for number, line in source.numbered(text):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, name = match.groups()
        where = f"{path}:{number}: "
        if quote == "<":
            for header, rooms in LIBRARIES.items():
                if name.startswith(header) and not path.startswith("tests/") \
                        and not in_room(path, rooms):
                    yield f"{where}<{name}> belongs to {' and '.join(rooms)}"
            continue
        room = path.split("/")[0]
        if room in STRANGERS:
            if name not in PUBLIC and not name.startswith(room + "/"):
                yield f"{where}{room} use the public {' and '.join(PUBLIC)} alone, not {name}"
            continue
        target = floor(name)
        if target is None:
            # Tests may include what they share, by its path or from beside them.
            if not path.startswith("tests/"):
                yield f"{where}include {name} by its path from the top"
        elif target > reach(path):
            yield f"{where}{name} lies on a higher floor"


def check():
    for path, text in source.files(".c", ".h"):
        yield from complaints(path, text)


if __name__ == "__main__":
    source.main(check)
