"""An issuer that is measured: tests/bench/issuer, and what a browser and a portal ask of it."""
import base64
import hashlib
import html
import http.client
import json
import pathlib
import re
import ssl
import subprocess
import sys
import urllib.parse

HERE = pathlib.Path(__file__).parent
VERIFIER = "bench-" + "v" * 43
CALLBACK = "https://portal.localhost/cb"
FORM = "application/x-www-form-urlencoded"


class Issuer:
    """with Issuer(build, "http", "embedded") as issuer: ..."""

    def __init__(self, build, scheme, cache):
        self.process = subprocess.Popen([HERE / "issuer", build, scheme, cache], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the issuer ({scheme}, {cache}) did not start")
        ready = json.loads(line)
        self.url = urllib.parse.urlsplit(ready["issuer"])
        self.folder = pathlib.Path(ready["folder"])
        self.pids = {who: ready[who] for who in ("authd", "redis-server") if ready[who]}
        self.use("portal")
        self.cookies = {}
        self.signed = ("access_token", "id_token")

    def use(self, name):
        """Which client the requests that follow are of."""
        self.client = json.loads((self.folder / f"clients/{name}.json").read_text())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()
        if self.process.returncode:
            sys.exit(f"the issuer ended with {self.process.returncode}")

    @property
    def basic(self):
        pair = f"{self.client['client_id']}:{self.client['client_secret']}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    # ---- as a browser or a portal: the status, Location and body of the answer

    def ask(self, target, fields=None, more={}):
        if self.url.scheme == "https":
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.url.port, timeout=20, context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.url.port, timeout=20)
        headers = {"Host": self.url.netloc, "Cookie": self.cookie(), **more}
        if fields is not None:
            headers |= {"Origin": f"{self.url.scheme}://{self.url.netloc}",
                        "Sec-Fetch-Site": "same-origin", "Content-Type": FORM}
        connection.request("GET" if fields is None else "POST", target, headers=headers,
                           body=None if fields is None else urllib.parse.urlencode(fields))
        answer = connection.getresponse()
        body = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
        return answer.status, answer.getheader("Location") or "", body

    def cookie(self):
        return "; ".join(f"{n}={v}" for n, v in self.cookies.items())

    def authorize(self, scope):
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
        return "/authorize?" + urllib.parse.urlencode({
            "client_id": self.client["client_id"], "redirect_uri": CALLBACK, "scope": scope,
            "response_type": "code", "state": "s" * 22, "nonce": "n" * 22,
            "code_challenge": challenge.rstrip(b"=").decode(), "code_challenge_method": "S256"})

    def sign_in(self):
        """From here on the cookies are those of a live session."""
        _, _, page = self.ask(self.authorize("openid"))
        sealed = re.search(r'name="request"[^>]*value="([^"]*)"|value="([^"]*)"[^>]*name="request"',
                           page)
        fields = {"request": html.unescape(sealed.group(1) or sealed.group(2)),
                  "username": "11010519491231002X", "password": "correct horse battery"}
        status, location, page = self.ask("/signin", fields)
        if not location.startswith(CALLBACK):
            sys.exit(f"could not sign in: {status} {location} {page}")

    def code(self, scope):
        _, location, _ = self.ask(self.authorize(scope))
        return urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]

    def tokens(self, fields):
        status, _, body = self.ask("/token", fields, {"Authorization": self.basic})
        if status != 200:
            sys.exit(f"no token: {status} {body}")
        return json.loads(body)

    def signed_on(self, scope):
        """The tokens of one sign-on, which must be what the goals speak of."""
        tokens = self.tokens({"grant_type": "authorization_code", "redirect_uri": CALLBACK,
                              "code_verifier": VERIFIER, "code": self.code(scope)})
        for name in self.signed:
            head = tokens[name].split(".")[0]
            head = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
            if head["alg"] != "ES256":
                sys.exit(f"{name} is signed with {head['alg']}, not ES256")
        return tokens

    # ---- as a text for bench_load

    def request(self, method, target, fields=None, more=(), placed=None):
        """placed: (parameter, name) of a last parameter, for which {name} stands until it is sent."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.url.netloc}", *more]
        if fields is None:
            return "\r\n".join(lines) + "\r\n\r\n"
        pairs = [urllib.parse.urlencode(fields)] if fields else []
        if placed:
            parameter, name = placed
            pairs.append(f"{parameter}={{{name}}}")
        body = "&".join(pairs)
        lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines) + "\r\n\r\n" + body
