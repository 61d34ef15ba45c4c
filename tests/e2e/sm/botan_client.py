"""A client whose key is SM2 and whose signatures are Botan's.

botan_client.py keys PRIVATE                            makes a key; prints the client's JWK set
botan_client.py assert PRIVATE CLIENT_ID AUDIENCE       prints a client assertion (RFC 7523)
"""
import base64
import json
import os
import sys
import time

import botan2

P256 = 32


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n):
    return encoded(int(n).to_bytes(P256, "big"))


def make(path):
    key = botan2.PrivateKey.create("SM2", "sm2p256v1", botan2.RandomNumberGenerator())
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
        out.write(key.to_pem())
    public = key.get_public_key()
    jwk = {"kty": "EC", "crv": "SM2-P-256", "kid": "one", "use": "sig", "alg": "SGD_SM3_SM2",
           "x": number(public.get_field("public_x")), "y": number(public.get_field("public_y"))}
    print(json.dumps({"keys": [jwk]}))


def prove(path, client_id, audience):
    now = int(time.time())
    header = {"alg": "SGD_SM3_SM2", "kid": "one", "typ": "JWT"}
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": os.urandom(16).hex(),
              "iat": now, "exp": now + 60}
    text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    key = botan2.PrivateKey.load(open(path).read())  # which the signer uses, and does not keep
    signer = botan2.PKSign(key, "1234567812345678,SM3")
    signer.update(text)
    print(text + "." + encoded(signer.finish(botan2.RandomNumberGenerator())))


{"keys": make, "assert": prove}[sys.argv[1]](*sys.argv[2:])
