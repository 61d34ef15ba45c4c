"""botan.py JWKS FILE...: each file is a JWS in SGD_SM3_SM2 whose key is in the set; verified by Botan."""
import base64
import json
import sys

import botan2

IDENTIFIER = "1234567812345678"


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(decoded(text), "big")


def holds(jwk, message, signature):
    key = botan2.PublicKey.load_sm2("sm2p256v1", number(jwk["x"]), number(jwk["y"]))
    verifier = botan2.PKVerify(key, IDENTIFIER + ",SM3")
    verifier.update(message)
    return verifier.check_signature(signature)


keys = {key["kid"]: key for key in json.load(open(sys.argv[1]))["keys"]}
for path in sys.argv[2:]:
    token = open(path).read().strip()
    message, signature = token.rsplit(".", 1)
    header = json.loads(decoded(message.split(".")[0]))
    jwk = keys[header["kid"]]
    assert header["alg"] == jwk["alg"] == "SGD_SM3_SM2", (path, header)
    assert (jwk["kty"], jwk["crv"]) == ("EC", "SM2-P-256"), jwk
    raw = decoded(signature)
    assert len(raw) == 64, (path, len(raw))
    assert holds(jwk, message, raw), f"{path}: Botan refuses it"
    assert not holds(jwk, message + "A", raw), f"{path}: another message"
    assert not holds(jwk, message, bytes([raw[0] ^ 1]) + raw[1:]), f"{path}: another signature"
    print(f"ok: {path.rsplit('/', 1)[-1]}, verified by {botan2.version_string()}")
assert len(sys.argv) > 6, "too few tokens"
