"""Server CPU per unit of work. Run by tests/bench/run, with an authd that serves plain HTTP.

measure.py BUILD SECONDS [--json]       reads ISSUER, AUTHD_PID, E2E
"""
import base64
import hashlib
import html
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

BUILD, SECONDS = pathlib.Path(sys.argv[1]) / "tests/bench", sys.argv[2]
ISSUER = urllib.parse.urlsplit(os.environ["ISSUER"])
E2E = pathlib.Path(os.environ["E2E"])
CONNECTIONS = "32"
TICK = os.sysconf("SC_CLK_TCK")
VERIFIER = "bench-" + "v" * 43
CALLBACK = "https://portal.localhost/cb"
CLIENT = json.loads((E2E / "clients/portal.json").read_text())
BASIC = base64.b64encode(f"{CLIENT['client_id']}:{CLIENT['client_secret']}".encode()).decode()


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def request(method, target, headers, body=""):
    lines = [f"{method} {target} HTTP/1.1", f"Host: {ISSUER.netloc}", *headers]
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def load(pid, port, *requests):
    """Microseconds of a server's processor for each unit, and units a second."""
    files = []
    for i, text in enumerate(requests):
        files.append(E2E / f"request{i}")
        files[-1].write_text(text)
    before = cpu_seconds(pid)
    out = subprocess.run([BUILD / "bench_load", str(port), CONNECTIONS, SECONDS, *files],
                         check=True, capture_output=True, text=True).stdout.split()
    units, seconds = int(out[1]), float(out[3])
    return {"cpu_us": (cpu_seconds(pid) - before) * 1e6 / units, "per_second": units / seconds}


def bare():
    server = subprocess.Popen([BUILD / "bench_bare", "900"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline())
    result = load(server.pid, port, request("GET", "/", []))
    server.communicate("")
    return result


def signature():
    out = subprocess.run([BUILD / "bench_sign"], check=True, capture_output=True, text=True).stdout
    return {"cpu_us": float(out), "per_second": 1e6 / float(out)}


def ask(target, cookies, fields=None):
    """One request as a browser sends it; the answer's status, Location and body."""
    connection = http.client.HTTPConnection("127.0.0.1", ISSUER.port, timeout=20)
    headers = {"Host": ISSUER.netloc, "Cookie": "; ".join(f"{n}={v}" for n, v in cookies.items())}
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


def measure():
    pid, port = os.environ["AUTHD_PID"], ISSUER.port
    basic = f"Authorization: Basic {BASIC}"
    code = urllib.parse.urlencode({"grant_type": "authorization_code", "redirect_uri": CALLBACK,
                                   "code_verifier": VERIFIER}) + "&code={code}"
    # {code} is shorter than what stands for it: the length is that of an authorization code.
    sign_on = [request("GET", authorize_target(), [f"Cookie: {live_session()}"])]
    cookies = {k: v for k, v in (p.split("=", 1) for p in sign_on[0].split("Cookie: ")[1]
                                 .split("\r\n")[0].split("; "))}
    _, location, _ = ask(authorize_target(), cookies)
    length = len(urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0])
    body = code.replace("{code}", "x" * length)
    sign_on.append(request("POST", "/token", [basic], body).replace("x" * length, "{code}"))
    return {
        "bare libmicrohttpd": bare(),
        "bare ES256 signature": signature(),
        "JWKS": load(pid, port, request("GET", "/jwks", [])),
        "client-credentials token": load(pid, port, request(
            "POST", "/token", [basic], "grant_type=client_credentials")),
        "sign-on with a live session": load(pid, port, *sign_on),
    }


def main():
    results = measure()
    if "--json" in sys.argv:
        print(json.dumps(results, indent="\t"))
        return
    print(f"{'':<30}{'server CPU':>14}{'a second':>12}")
    for name, r in results.items():
        print(f"{name:<30}{r['cpu_us']:>11.1f} µs{r['per_second']:>12.0f}")


if __name__ == "__main__":
    main()
