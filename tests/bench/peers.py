"""authd beside oidc-provider, by the same requests. Run by tests/bench/peers.

peers.py BUILD SECONDS ROUNDS [--json]
"""
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import urllib.parse

import measure
from issuer import CALLBACK, Issuer

PEER = "oidc-provider"
WARM_UP_S = "10"  # of each work: so long V8 compiles


class OidcProvider(Issuer):
    """tests/bench/oidc-provider/server.mjs; tokens: "jwt" or "opaque"."""

    def __init__(self, tokens):
        self.process = subprocess.Popen(
            [os.environ["AUTHD_NODE"], pathlib.Path(__file__).parent / PEER / "server.mjs", tokens],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            env=os.environ | {"NODE_ENV": "production"})
        ready = json.loads(self.process.stdout.readline())
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.url = urllib.parse.urlsplit(ready["issuer"])
        self.pids = {PEER: ready["pid"]}
        self.client = ready["client"]
        self.cookies = {}
        self.signed = ("access_token", "id_token") if tokens == "jwt" else ("id_token",)

    def __exit__(self, *of):
        super().__exit__(*of)
        self.temporary.cleanup()

    def signed_on(self, scope):
        """Anew: its adapter keeps a thousand entries, and other loads have driven the session out."""
        self.cookies = {}
        self.sign_in()
        return super().signed_on(scope)

    def sign_in(self):
        """By the forms that it has for trying out: a sign-in, and a consent."""
        where = self.authorize("openid profile")
        for _ in range(8):
            status, location, page = self.ask(where)
            if location.startswith(CALLBACK):
                self.cookies = {n: v for n, v in self.cookies.items() if n.startswith("_session")}
                return
            if "/interaction/" in where:
                prompt = "login" if 'value="login"' in page else "consent"
                status, location, page = self.ask(where, {"prompt": prompt, "login": "zhangsan",
                                                          "password": "any"})
            where = urllib.parse.urlsplit(location).path
        sys.exit(f"could not sign in: {status} {location} {page[:300]}")


# ---- what is compared


def works(authd, jwt, opaque):
    """(name, what authd's side prepares and on whom, the other's)."""
    return [
        ("client-credentials token, JWT", measure.client_token, authd, jwt),
        ("client-credentials token, opaque", measure.client_token, authd, opaque),
        ("sign-on, JWT", measure.sign_on, authd, jwt),
        ("sign-on, opaque access token", measure.sign_on, authd, opaque),
        ("introspection", measure.introspection, authd, opaque),
        ("userinfo", measure.userinfo, authd, opaque),
        ("JWKS", measure.jwks, authd, opaque),
    ]


def unit(name, prepare, issuer, seconds=measure.SECONDS):
    work = measure.Work(name, issuer, prepare, 0, 0)
    return next(iter(measure.load_issuer(work, seconds).values()))


def row(name, ours, theirs):
    us, peer = statistics.median(ours), statistics.median(theirs)
    return {"work": name, "authd": round(us, 1), PEER: round(peer, 1), "times": round(peer / us, 1),
            "least": round(min(theirs) / max(ours), 1), "most": round(max(theirs) / min(ours), 1)}


def main():
    with contextlib.ExitStack() as stack:
        authd = stack.enter_context(Issuer(measure.BUILD, "http", "embedded"))
        peers = [stack.enter_context(OidcProvider(tokens)) for tokens in ("jwt", "opaque")]
        authd.sign_in()
        for name, prepare, _, theirs in works(authd, *peers):
            unit(name, prepare, theirs, WARM_UP_S)
        found = {}
        for _ in range(measure.ROUNDS):
            for name, prepare, ours, theirs in works(authd, *peers):
                both = found.setdefault(name, ([], []))
                both[0].append(unit(name, prepare, ours))
                both[1].append(unit(name, prepare, theirs))
    if "--json" not in sys.argv:
        print(f"{'server CPU per unit, µs':<36}{'authd':>9}{PEER:>15}{'times':>8}{'least':>8}{'most':>8}")
    for name, (ours, theirs) in found.items():
        r = row(name, ours, theirs)
        print(json.dumps(r) if "--json" in sys.argv else
              f"{name:<36}{r['authd']:>9}{r[PEER]:>15}{r['times']:>8}{r['least']:>8}{r['most']:>8}")


if __name__ == "__main__":
    main()
