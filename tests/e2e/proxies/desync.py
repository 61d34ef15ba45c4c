"""Attack authd through a proxy and see that one request in is one request out.

desync.py ADDRESS:PORT CA AUTHD-LOG PROXY-LOG [GROUP]

Each attack comes from a network of its own, which authd logs, and between them other clients ask for
things and must be given just those. At the end the logs are laid side by side:
  - authd served no attacker more requests than the proxy passed on, nor more hidden ones,
  - authd served nobody whom no client sent,
  - no attacker got more answers than it had requests in the proxy's log.
Prints each finding, and exits with their number (at most 99).
"""
import collections
import json
import re
import select
import socket
import ssl
import sys
import time

from attacks import ALL, FORGED, HIDDEN, HOST

OTHERS = "127.200.0.1"
# What others ask for, and by what its answer is told from those of the rest.
ASKED = (("GET", "/.well-known/openid-configuration", b" 200 ", b'"issuer"'),
         ("GET", "/style.css", b" 200 ", b"text/css"),
         ("GET", "/userinfo", b" 401 ", b"Bearer"),
         ("POST", "/token", b" 401 ", b"invalid_client"))
ANSWER = re.compile(rb"HTTP/1\.[01] (?!1\d\d)\d{3} ")


def dial(address, ca, source, protocol):
    tls = ssl.create_default_context(cafile=ca)
    tls.set_alpn_protocols([protocol])
    raw = socket.create_connection(address, timeout=10, source_address=(source, 0))
    return tls.wrap_socket(raw, server_hostname=HOST.decode())


def exchange(connection, data, first=2.0, quiet=0.15):
    """Send, and collect what comes until nothing more does. A peer that hangs up is answer enough."""
    got = b""
    connection.setblocking(False)
    end = time.monotonic() + first
    while (left := end - time.monotonic()) > 0:
        try:
            if data:
                data = data[connection.send(data[:65536]):]
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            pass
        except OSError:
            data = b""
        try:
            more = connection.recv(65536)
            if not more:
                break
            got += more
            end = time.monotonic() + quiet
        except ssl.SSLWantReadError:
            select.select([connection], [connection] if data else [], [], min(left, 0.05 if data else left))
        except OSError:
            break
    return got


def ask(address, ca, asked):
    """What is wrong with the answer that somebody else got, or None."""
    method, path, status, mark = asked
    with dial(address, ca, OTHERS, "http/1.1") as c:
        c.settimeout(10)
        c.sendall(b"%s %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: %s\r\nContent-Length: 0\r\n"
                  b"Connection: close\r\n\r\n" % (method.encode(), path.encode(), HOST, FORGED.encode()))
        got = b""
        try:
            while more := c.recv(65536):
                got += more
        except OSError:
            pass
    head, _, _ = got.partition(b"\r\n")
    if status in head and mark in got and len(ANSWER.findall(got)) == 1:
        return None
    return f"for {method} {path} somebody else got {got[:60]!r}"


def network(address):
    return address.rsplit(".", 1)[0] + ".0/24"


def served(log):
    """(network, path) of each request that authd logged. Only the proxy itself asks for /readyz."""
    for line in open(log, encoding="utf-8"):
        entry = json.loads(line) if line.startswith("{") else {}
        if entry.get("event") == "request" and entry.get("path") != "/readyz":
            yield entry.get("network"), entry.get("path")


def passed(log):
    """(network, path, was passed on) of each request that the proxy logged."""
    for line in open(log, encoding="utf-8", errors="replace"):
        if match := re.match(r"([\d.]+) \[[^]]+\] (\S+) (.*) (-?\d+) (\S+)$", line):
            address, _, path, _, behind = match.groups()
            yield network(address), path, behind not in ("-", "<NOSRV>")


def compare(authd_log, proxy_log, names, answers):
    ran = collections.Counter(n for n, _ in served(authd_log))
    ran_hidden = collections.Counter(n for n, path in served(authd_log) if path == HIDDEN)
    seen, through, through_hidden = (collections.Counter() for _ in range(3))
    for n, path, behind in passed(proxy_log):
        seen[n] += 1
        through[n] += behind
        through_hidden[n] += behind and path == HIDDEN
    for n, name in names.items():
        if ran[n] > through[n] or ran_hidden[n] > through_hidden[n]:
            yield f"{name}: the proxy passed on {through[n]}, authd served {ran[n]}"
        if answers[n] > seen[n]:
            yield f"{name}: {answers[n]} answers for {seen[n]} requests"
    for n in set(ran) - set(names) - {network(OTHERS), None}:
        yield f"{ran[n]} requests of {n}, where no client is"
    if sum(ran.values()) > sum(through.values()):
        yield f"the proxy passed on {sum(through.values())} requests, authd served {sum(ran.values())}"


def settled(authd_log, proxy_log, *more):
    """Both logs are written behind the answers: what is found must stay when they have caught up."""
    found, end = ["?"], time.monotonic() + 5
    while found and time.monotonic() < end:
        time.sleep(0.3)
        found = list(compare(authd_log, proxy_log, *more))
    return found


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    address, ca, authd_log, proxy_log = (host, int(port)), *sys.argv[2:5]
    attacks = [a for a in ALL if a[0].startswith("".join(sys.argv[5:]))]
    found, names, answers = [], {}, collections.Counter()
    for i, (name, protocol, data) in enumerate(attacks):
        source = f"127.{100 + i // 250}.{i % 250}.1"
        names[network(source)] = name
        with dial(address, ca, source, protocol) as c:
            got = exchange(c, data)
        if protocol == "http/1.1":
            answers[network(source)] = len(ANSWER.findall(got))
        for k in range(2):
            if wrong := ask(address, ca, ASKED[(2 * i + k) % len(ASKED)]):
                found.append(f"after {name}: {wrong}")
    found += settled(authd_log, proxy_log, names, answers)
    others = sum(n == network(OTHERS) for n, _ in served(authd_log))
    if others != 2 * len(attacks):
        found.append(f"authd served {others} of the {2 * len(attacks)} requests of others")
    print("\n".join(found))
    print(f"{len(attacks)} attacks, {sum(b for _, _, b in passed(proxy_log))} requests passed on, "
          f"{sum(answers.values())} answers to attackers, {len(found)} findings")
    sys.exit(min(len(found), 99))


main()
