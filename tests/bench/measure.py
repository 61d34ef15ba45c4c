"""Server CPU per unit of work. Run by tests/bench/run.

measure.py BUILD SECONDS ROUNDS [--json]
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys

from issuer import CALLBACK, VERIFIER, Issuer

BUILD, SECONDS, ROUNDS = sys.argv[1], sys.argv[2], int(sys.argv[3])
PROGRAMS = pathlib.Path(BUILD) / "tests/bench"
CONNECTIONS = 32
TICK = os.sysconf("SC_CLK_TCK")
BARE, BARE_TLS, SIGNATURE = "libmicrohttpd", "libmicrohttpd, TLS", "OpenSSL"


@dataclasses.dataclass
class Work:
    """A unit of work: what is sent for it, and what it is measured against."""
    name: str
    issuer: Issuer
    prepare: callable  # of the issuer: the requests, and the answers to begin with or None
    answers: int       # of the limit: so many answers of libmicrohttpd
    signatures: int    # and so many signatures
    goal: float = None  # µs


# ---- measuring


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def load(pids, url_scheme, port, folder, requests, answers=None, seconds=SECONDS):
    """Microseconds of each process's processor for each unit."""
    options = ["-t"] if url_scheme == "https" else []
    if answers:
        (folder / "answers").write_text("\n".join(answers) + "\n")
        options += ["-s", folder / "answers"]
    files = [folder / f"request{i}" for i in range(len(requests))]
    for file, text in zip(files, requests):
        file.write_text(text)
    before = {who: cpu_seconds(pid) for who, pid in pids.items()}
    out = subprocess.run([PROGRAMS / "bench_load", *options, str(port), str(CONNECTIONS), seconds,
                          *files], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return {who: (cpu_seconds(pid) - before[who]) * 1e6 / int(out[1]) for who, pid in pids.items()}


def load_issuer(work, seconds=SECONDS):
    issuer = work.issuer
    requests, answers = work.prepare(issuer)
    return load(issuer.pids, issuer.url.scheme, issuer.url.port, issuer.folder, requests, answers, seconds)


def bare(size, issuer, scheme):
    """libmicrohttpd alone, answering with as many bytes as a token answer has; authd has a worker
    for each processor, and libmicrohttpd's pool at least two."""
    certificate = [issuer.folder / "tls.pem", issuer.folder / "tls.key"] if scheme == "https" else []
    server = subprocess.Popen([PROGRAMS / "bench_bare", str(size), str(max(2, os.cpu_count())),
                               *certificate], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline())
    us = load({BARE: server.pid}, scheme, port, issuer.folder, [issuer.request("GET", "/")])
    server.communicate("")
    return us[BARE]


def signature():
    return float(subprocess.run([PROGRAMS / "bench_sign"], check=True, stdout=subprocess.PIPE,
                                text=True).stdout)


# ---- the works


def token_request(issuer):
    return issuer.request("POST", "/token", {"grant_type": "client_credentials"},
                          [f"Authorization: {issuer.basic}"])


def client_token(issuer):
    return [token_request(issuer)], None


def sign_on(issuer, scope="openid profile"):
    issuer.signed_on(scope)
    redeem = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return [issuer.request("GET", issuer.authorize(scope), more=[f"Cookie: {issuer.cookie()}"]),
            issuer.request("POST", "/token", redeem, [f"Authorization: {issuer.basic}"],
                           ("code", "code"))], None


def sign_on_offline(issuer):
    return sign_on(issuer, "openid profile offline_access")


def refresh(issuer):
    """Each connection has a family of its own, so that each refresh is a step; of another client, since a
    client's newest grants of a person push out the older ones."""
    issuer.use("refresher")
    families = [issuer.signed_on("openid offline_access")["refresh_token"]
                for _ in range(CONNECTIONS)]
    requests = [issuer.request("POST", "/token", {"grant_type": "refresh_token"},
                               [f"Authorization: {issuer.basic}"], ("refresh_token", "refresh_token"))]
    issuer.use("portal")
    return requests, [f"refresh_token={t}" for t in families]


def introspection(issuer):
    token = issuer.signed_on("openid profile")["access_token"]
    return [issuer.request("POST", "/introspect", {"token": token},
                           [f"Authorization: {issuer.basic}"])], None


def introspection_of_new(issuer):
    return [token_request(issuer),
            issuer.request("POST", "/introspect", {}, [f"Authorization: {issuer.basic}"],
                           ("token", "access_token"))], None


def userinfo(issuer, scope="openid"):
    token = issuer.signed_on(scope)["access_token"]
    return [issuer.request("GET", "/userinfo", more=[f"Authorization: Bearer {token}"])], None


def userinfo_ledger(issuer):
    return userinfo(issuer, "openid profile")


def jwks(issuer):
    return [issuer.request("GET", "/jwks")], None


def works(plain, redis, tls):
    return [
        Work("client-credentials token", plain, client_token, 1, 1, 50),
        Work("client-credentials token, Redis", redis, client_token, 1, 1),
        Work("client-credentials token, TLS", tls, client_token, 1, 1),
        Work("sign-on", plain, sign_on, 2, 2, 120),
        Work("sign-on, Redis", redis, sign_on, 2, 2, 130),
        Work("sign-on, new offline grant", plain, sign_on_offline, 2, 2),
        Work("refresh", plain, refresh, 1, 1, 110),
        Work("introspection", plain, introspection, 1, 0, 25),
        Work("token and its introspection", plain, introspection_of_new, 2, 1),
        Work("userinfo, sub alone", plain, userinfo, 1, 0, 40),
        Work("userinfo, with a ledger entry", plain, userinfo_ledger, 1, 0, 80),
        Work("JWKS", plain, jwks, 1, 0),
    ]


# ---- the table


def measure(all_works, size):
    """{(name, who): [µs of each round]}; the rounds take turns, so that what else the machine does
    hits all alike."""
    found = {}
    for _ in range(ROUNDS):
        issuer = all_works[0].issuer
        found.setdefault((BARE, BARE), []).append(bare(size, issuer, "http"))
        found.setdefault((BARE_TLS, BARE_TLS), []).append(bare(size, issuer, "https"))
        found.setdefault((SIGNATURE, SIGNATURE), []).append(signature())
        for work in all_works:
            for who, us in load_issuer(work).items():
                found.setdefault((work.name, who), []).append(us)
    return found


def row(work, who, rounds, limit=None, goal=None):
    us = statistics.median(rounds)
    return {"work": work, "who": who, "us": round(us, 1), "least": round(min(rounds), 1),
            "most": round(max(rounds), 1), "limit": limit and round(limit, 1), "goal": goal,
            "of_limit": limit and round(us / limit, 2), "of_goal": goal and round(us / goal, 2)}


def rows(all_works, found):
    medians = {name: statistics.median(rounds) for (name, who), rounds in found.items() if name == who}
    yield row("answer", BARE, found[BARE, BARE])
    yield row("answer", BARE_TLS, found[BARE_TLS, BARE_TLS])
    yield row("ES256 signature", SIGNATURE, found[SIGNATURE, SIGNATURE])
    for work in all_works:
        one = medians[BARE_TLS if work.issuer.url.scheme == "https" else BARE]
        limit = work.answers * one + work.signatures * medians[SIGNATURE]
        for who in work.issuer.pids:
            ours = who == "authd"
            yield row(work.name, who, found[work.name, who], limit if ours else None,
                      work.goal if ours else None)


def show(r):
    text = f"{r['work']:<32}{r['who']:<20}{r['us']:>7.1f}{r['least']:>8.1f}{r['most']:>8.1f}"
    if r["limit"]:
        text += f"{r['limit']:>9.1f}{r['of_limit']:>6.2f}"
    if r["goal"]:
        text += f"{r['goal']:>8}{r['of_goal']:>6.2f}"
    print(text)


def main():
    with contextlib.ExitStack() as stack:
        plain, redis, tls = (stack.enter_context(Issuer(BUILD, *kind)) for kind in
                             (("http", "embedded"), ("http", "redis"), ("https", "embedded")))
        for issuer in (plain, redis):
            issuer.sign_in()
        all_works = works(plain, redis, tls)
        size = len(json.dumps(plain.tokens({"grant_type": "client_credentials"})))
        found = list(rows(all_works, measure(all_works, size)))
    if "--json" in sys.argv:
        for r in found:
            print(json.dumps(r))
        return
    print(f"{'server CPU per unit, µs':<52}{'median':>7}{'least':>8}{'most':>8}{'limit':>9}"
          f"{'of it':>6}{'goal':>8}{'of it':>6}")
    for r in found:
        show(r)


if __name__ == "__main__":
    main()
