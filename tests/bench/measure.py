"""Server CPU per unit of work. Run by tests/bench/run, with an authd that serves plain HTTP.

measure.py BUILD SECONDS ROUNDS [--json]       reads ISSUER, AUTHD_PID, E2E
"""
import base64
import hashlib
import html
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import urllib.parse

BUILD, SECONDS = pathlib.Path(sys.argv[1]) / "tests/bench", sys.argv[2]
ISSUER = urllib.parse.urlsplit(os.environ["ISSUER"])
E2E = pathlib.Path(os.environ["E2E"])
ROUNDS = int(sys.argv[3])
CONNECTIONS = "32"
TICK = os.sysconf("SC_CLK_TCK")
VERIFIER = "bench-" + "v" * 43
CALLBACK = "https://portal.localhost/cb"
CLIENT = json.loads((E2E / "clients/portal.json").read_text())
BASIC = base64.b64encode(f"{CLIENT['client_id']}:{CLIENT['client_secret']}".encode()).decode()

BARE, SIGNATURE = "libmicrohttpd", "OpenSSL"
TOKEN, SIGN_ON, JWKS = "client-credentials token", "sign-on with a live session", "JWKS"
GOALS = {TOKEN: 50, SIGN_ON: 120}  # µs; with the embedded cache


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def request(method, target, headers, body=""):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {ISSUER.netloc}", *headers]
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def load(pid, port, *requests):
    """Microseconds of a server's processor for each unit."""
    files = []
    for i, text in enumerate(requests):
        files.append(E2E / f"request{i}")
        files[-1].write_text(text)
    before = cpu_seconds(pid)
    out = subprocess.run([BUILD / "bench_load", str(port), CONNECTIONS, SECONDS, *files],
                         check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return (cpu_seconds(pid) - before) * 1e6 / int(out[1])


def bare(size):
    """libmicrohttpd alone, answering with as many bytes as a token answer has."""
    server = subprocess.Popen([BUILD / "bench_bare", str(size), str(workers())],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline())
    us = load(server.pid, port, request("GET", "/", []))
    server.communicate("")
    return us


def workers():
    """authd's workers: one for each processor; libmicrohttpd's pool has at least two."""
    return max(2, os.cpu_count())


def signature():
    return float(subprocess.run([BUILD / "bench_sign"], check=True, stdout=subprocess.PIPE,
                                text=True).stdout)


def ask(target, cookies, fields=None, more={}):
    """One request as a browser sends it; the answer's status, Location and body."""
    connection = http.client.HTTPConnection("127.0.0.1", ISSUER.port, timeout=20)
    headers = {"Host": ISSUER.netloc, "Cookie": "; ".join(f"{n}={v}" for n, v in cookies.items()), **more}
    if fields is not None:
        headers |= {"Origin": f"{ISSUER.scheme}://{ISSUER.netloc}", "Sec-Fetch-Site": "same-origin",
                    "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("GET" if fields is None else "POST", target, headers=headers,
                       body=None if fields is None else urllib.parse.urlencode(fields))
    answer = connection.getresponse()
    body = answer.read().decode()
    for name, value in answer.getheaders():
        if name.lower() == "set-cookie":
            key, _, rest = value.partition("=")
            cookies[key] = rest.split(";")[0]
    return answer.status, answer.getheader("Location") or "", body


def authorize_target():
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
    return "/authorize?" + urllib.parse.urlencode({
        "client_id": CLIENT["client_id"], "redirect_uri": CALLBACK, "response_type": "code",
        "scope": "openid profile", "state": "s" * 22, "nonce": "n" * 22,
        "code_challenge": challenge.decode(), "code_challenge_method": "S256"})


def live_session():
    """The cookies of somebody who is signed in."""
    cookies = {}
    _, _, page = ask(authorize_target(), cookies)
    sealed = re.search(r'name="request"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="request"', page)
    fields = {"request": html.unescape(sealed.group(1) or sealed.group(2)),
              "username": "11010519491231002X", "password": "correct horse battery"}
    status, location, page = ask("/signin", cookies, fields)
    if not location.startswith(CALLBACK):
        sys.exit(f"could not sign in: {status} {location} {page}")
    return "; ".join(f"{n}={v}" for n, v in cookies.items())


def signed_es256(token):
    """What is measured must be what the goal speaks of."""
    head = token.split(".")[0]
    algorithm = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"]
    if algorithm != "ES256":
        sys.exit(f"a token is signed with {algorithm}, not ES256")


def token(fields, names):
    """One redemption, looked at; the size of its answer."""
    status, _, body = ask("/token", {}, fields, {"Authorization": f"Basic {BASIC}"})
    if status != 200:
        sys.exit(f"no token: {status} {body}")
    for name in names:
        signed_es256(json.loads(body)[name])
    return len(body)


def requests():
    """The requests of each unit of work, and the size of a client-credentials answer."""
    basic = f"Authorization: Basic {BASIC}"
    session = live_session()
    _, location, _ = ask(authorize_target(), dict(p.split("=", 1) for p in session.split("; ")))
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]
    redeem = {"grant_type": "authorization_code", "redirect_uri": CALLBACK,
              "code_verifier": VERIFIER}
    token(redeem | {"code": code}, ["access_token", "id_token"])
    size = token({"grant_type": "client_credentials"}, ["access_token"])
    # {code} is shorter than what stands for it: the length sent is that of a real code.
    second = request("POST", "/token", [basic],
                     urllib.parse.urlencode(redeem) + "&code=" + "x" * len(code))
    return size, {
        TOKEN: [request("POST", "/token", [basic], "grant_type=client_credentials")],
        SIGN_ON: [request("GET", authorize_target(), [f"Cookie: {session}"]),
                  second.replace("x" * len(code), "{code}")],
        JWKS: [request("GET", "/jwks", [])],
    }


def measure():
    """The median of rounds that take turns, so that what else the machine does hits all alike."""
    pid, port = int(os.environ["AUTHD_PID"]), ISSUER.port
    size, units = requests()
    all_rounds = {name: [] for name in (BARE, SIGNATURE, *units)}
    for _ in range(ROUNDS):
        all_rounds[BARE].append(bare(size))
        all_rounds[SIGNATURE].append(signature())
        for name, texts in units.items():
            all_rounds[name].append(load(pid, port, *texts))
    return {name: (statistics.median(r), min(r), max(r)) for name, r in all_rounds.items()}


def rows(results):
    """(work, who, us, least, most, ratio to the goal)"""
    one, signed = results[BARE][0], results[SIGNATURE][0]
    limits = {JWKS: one, TOKEN: one + signed, SIGN_ON: 2 * (one + signed)}
    yield "answer", BARE, *results[BARE], None
    yield "ES256 signature", SIGNATURE, *results[SIGNATURE], None
    for work, limit in limits.items():
        goal = GOALS.get(work)
        yield work, "limit", limit, limit, limit, goal and limit / goal
        yield work, "authd", *results[work], goal and results[work][0] / goal


def main():
    found = list(rows(measure()))
    if "--json" in sys.argv:
        for work, who, us, _, _, ratio in found:
            print(json.dumps({"work": work, "who": who, "us": round(us, 1),
                              "ratio": ratio and round(ratio, 2)}))
        return
    print(f"{'server CPU per unit':<30}{'':<16}{'median':>9}{'least':>9}{'most':>9}  of the goal")
    for work, who, us, least, most, ratio in found:
        print(f"{work:<30}{who:<16}{us:>6.1f} µs{least:>9.1f}{most:>9.1f}"
              + (f"  {ratio:.2f} of {GOALS[work]} µs" if ratio else ""))


if __name__ == "__main__":
    main()
