"""The Python binding: test_python.py CASES [FILE...]

CASES       the program that writes what C answers to each case (cases.c)
FILE        more cases, with the same members

LD_LIBRARY_PATH leads to libauth.so.0, PYTHONPATH to the module.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import resource
import subprocess
import sys
import threading
import unittest

import libauth
from libauth import Flag, Refused, Status, Verifier

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
NOW = 1700000100


def unpadded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def payload(token):
    """What a token says, read without libauth."""
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def verifier_of(case):
    """Its verifier, ready to verify."""
    verifier = Verifier(**case["options"])
    if "keys" in case:
        verifier.load_keys(case["keys"])
    if "bundle" in case:
        verifier.load_bundle(case["bundle"], roots=case["roots"], now=case["now"],
                             **case["bundle_options"])
    for text in case.get("lists", []):
        verifier.add_list(text, now=case["now"])
    return verifier


def ask(case):
    """The claims of a case, or Refused."""
    if "dpop" in case:
        return libauth.verify_dpop(case["token"], case["now"], **case["dpop"])
    return verifier_of(case).verify(case["token"], case["now"], **case.get("checks", {}))


def answer(case):
    try:
        return Status.OK, ask(case)
    except Refused as e:
        return e.status, None


def verdicts():
    """verdicts.tsv: (file, ids, verdict) in its order."""
    for line in (VECTORS / "verdicts.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")[:3]


def covers(ids, number):
    ranges = (part.partition("-") for part in ids.split(","))
    return ids == "*" or any(int(low) <= number <= int(high or low) for low, _, high in ranges)


class ThePage(unittest.TestCase):
    def test_its_python_is_of_this_module(self):
        page = (VECTORS.parents[1] / "docs/bindings.md").read_text()
        blocks = re.findall(r"^```python\n(.*?)^```", page, re.S | re.M)
        self.assertTrue(blocks)
        for block in blocks:
            compile(block, "docs/bindings.md", "exec")
            for names in re.findall(r"\blibauth\.(\w+)\.?(\w*)", block):
                named = libauth
                for name in filter(None, names):
                    named = getattr(named, name)


class TheCases(unittest.TestCase):
    def test_each_answer_is_that_of_c(self):
        for case in CASES:
            status, claims = answer(case)
            self.assertEqual(status, case["answer"], case["name"])
            if claims is not None:
                self.assertEqual(dict(claims), payload(case["token"]), case["name"])
                self.assertEqual(claims.jkt, case.get("jkt", claims.jkt))

    def test_there_is_every_kind_of_case(self):
        seen = {Status(case["answer"]) for case in CASES}
        tokens_own = {s for s in Status if 1 <= s <= 31} - {Status.UNSUPPORTED_HEADER}
        self.assertLessEqual(tokens_own, seen)
        self.assertGreater(len(CASES), 800)

    def test_vectors_get_the_verdicts_of_the_table(self):
        """A signature holds if the token is answered otherwise once one character of it is altered:
        the payloads of these vectors are no claims, so that nothing is simply accepted."""
        statuses = {case["name"]: Status(answer(case)[0]) for case in CASES}
        rows, judged = list(verdicts()), 0
        for file in ("json_web_signature", "json_web_key"):
            for group in json.loads((VECTORS / f"wycheproof/{file}_test.json").read_text())["testGroups"]:
                for test in group["tests"]:
                    name, number = f"{file} {test['tcId']}", test["tcId"]
                    held = statuses[name] != statuses[name + " altered"] == Status.BAD_SIGNATURE
                    said = [v for f, ids, v in rows if f == f"wycheproof/{file}_test" and covers(ids, number)][-1]
                    valid = said == "accept" or said == "file" and test["result"] == "valid"
                    secret = "public" not in group
                    self.assertEqual(held, valid and not secret, f"{name}: {statuses[name].name}")
                    judged += 1
        self.assertGreater(judged, 400)


class Bound(unittest.TestCase):
    """What is Python's: types, errors, threads, memory."""

    @classmethod
    def setUpClass(cls):
        cls.case = next(c for c in CASES if c["name"] == "ES256")
        cls.verifier = verifier_of(cls.case)
        cls.token = cls.case["token"]
        cls.claims = cls.verifier.verify(cls.token, NOW)

    def test_claims(self):
        c = self.claims
        self.assertEqual((c.sub, c["sub"], c.alg, c.kid, c.exp), ("u", "u", "ES256", "k1", 1700000400))
        self.assertEqual((c.scope, c.acr, c.aud), ("openid read", "urn:authd:acr:rn3", "https://a.example"))
        self.assertEqual((c.azp, c.nonce, c.jkt, c.status_checked), (None, None, None, False))
        self.assertTrue(c.has_scope("read") and c.has_aud("https://a.example"))
        self.assertFalse(c.has_scope("rea") or c.has_aud("https://a") or "azp" in c or "sub\0x" in c)
        self.assertEqual(len(c), len(list(c)))
        self.assertIs(type(c["most"]), int)
        self.assertIs(type(c["height"]), float)
        self.assertNotIn("u", repr(c).split())
        for name in (None, 1, "\ud800", "\0"):
            with self.assertRaises(KeyError):
                c[name]
        with self.assertRaises(TypeError):
            c["sub"] = "root"
        with self.assertRaises(AttributeError):
            c.sub = "root"

    def test_claims_outlive_their_verifier(self):
        claims = verifier_of(self.case).verify(self.token, NOW)
        self.assertEqual(claims["address"]["lines"], ["a", [], {}])

    def test_a_status_list_was_asked(self):
        case = next(c for c in CASES if c.get("lists") and c["answer"] == 0)
        self.assertTrue(ask(case).status_checked)

    def test_refusals_say_why(self):
        with self.assertRaises(Refused) as caught:
            self.verifier.verify(self.token, NOW + 10000)
        self.assertIs(caught.exception.status, Status.EXPIRED)
        self.assertEqual(str(caught.exception), libauth._lib.auth_strerror(10).decode())
        with self.assertRaises(Refused) as caught:
            Verifier(issuer="https://id.example")
        self.assertIn("no audience", str(caught.exception))
        with self.assertRaises(Refused) as caught:
            self.verifier.load_keys(path="/nonexistent")
        self.assertIs(caught.exception.status, Status.IO)
        self.assertEqual(Refused(999).status, 999)  # of a younger library

    def test_a_misspelt_demand_is_an_error(self):
        wrong = [dict(scope=["x"]), dict(scopes="x"), dict(scopes=[b"x"]), dict(scopes=None), dict(issuer=None),
                 dict(issuer=b"x"), dict(max_age_s=1.5), dict(max_age_s="1"), dict(size=1), dict(kind="ID_TOKEN")]
        for options in wrong:
            with self.assertRaises(TypeError, msg=options):
                Verifier(**{"issuer": "i", "audience": "a", **options})
        for options in dict(issuer="a\0b"), dict(scopes=["a\0b"]):
            with self.assertRaises(ValueError, msg=options):
                Verifier(**{"issuer": "i", "audience": "a", **options})
        for options in dict(cache_tokens=-1), dict(max_age_s=1 << 64), dict(flags=-1):
            with self.assertRaises(OverflowError, msg=options):
                Verifier(**{"issuer": "i", "audience": "a", **options})
        for checks in dict(nonces="n"), dict(nonce=None), dict(jkt=1):
            with self.assertRaises(TypeError, msg=checks):
                self.verifier.verify(self.token, NOW, **checks)
        for token in None, 1, ["x"]:
            with self.assertRaises(TypeError):
                self.verifier.verify(token)
        for given in {}, {"json": "{}", "path": "x"}, {"json": 1}:
            with self.assertRaises(TypeError):
                self.verifier.load_keys(**given)

    def test_tokens_that_are_no_text(self):
        for token in self.token.encode() + b"\0", "\0" + self.token, "\ud800", b"\xff", b"":
            with self.assertRaises(Refused) as caught:
                self.verifier.verify(token, NOW)
            self.assertIn(caught.exception.status, (Status.MALFORMED, Status.BAD_SIGNATURE))
        self.assertEqual(self.verifier.verify(self.token.encode(), NOW).sub, "u")

    def test_a_shared_secret(self):
        secret = b"s" * 32
        head = unpadded(b'{"alg":"HS256","typ":"at+jwt"}')
        signed = head + "." + unpadded(json.dumps(payload(self.token)).encode())
        token = signed + "." + unpadded(hmac.digest(secret, signed.encode(), hashlib.sha256))
        self.assertEqual(self.verifier.verify_secret(secret, token, NOW).sub, "u")
        with self.assertRaises(Refused):
            self.verifier.verify_secret(b"t" * 32, token, NOW)
        with self.assertRaises(Refused):
            self.verifier.verify(token, NOW)

    def test_threads_verify_while_keys_change(self):
        keys, failures = self.case["keys"], []
        verifier = verifier_of(self.case)

        def verify():
            for _ in range(500):
                try:
                    if verifier.verify(self.token, NOW)["sub"] != "u":
                        failures.append("sub")
                except Refused as e:
                    failures.append(e)

        threads = [threading.Thread(target=verify) for _ in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            verifier.load_keys(keys)
        self.assertEqual(failures, [])

    def test_nothing_leaks(self):
        def work(times):
            for k in range(times):
                dict(self.verifier.verify(self.token, NOW))
                for bad in self.token[:-2], self.token + "x":
                    try:
                        self.verifier.verify(bad, NOW)
                    except Refused:
                        pass
                if k % 50 == 0:
                    verifier_of(self.case).verify(self.token, NOW)
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        before = work(500)
        grown = work(4000) - before
        self.assertLess(grown, 1024, "KiB after 4000 more rounds: less than what one string leaked in each is")


def cases():
    program, *files = sys.argv[1:]
    lines = subprocess.run([program, VECTORS], check=True, capture_output=True, text=True).stdout
    for text in [lines, *(pathlib.Path(f).read_text() for f in files)]:
        yield from map(json.loads, text.splitlines())


if __name__ == "__main__":
    CASES = list(cases())
    unittest.main(argv=sys.argv[:1])
