"""libauth: verify the tokens of an OpenID Connect issuer, offline.

    import libauth

    verifier = libauth.Verifier(issuer="https://id.example", audience="https://portal.example")
    verifier.load_keys(path="jwks.json")
    try:
        claims = verifier.verify(token)
    except libauth.Refused as e:
        print(e.status.name, e)             # EXPIRED the token has expired
    print(claims.sub, claims["address"])

This is the shared library libauth.so.0 and nothing else: options, limits and answers are those of
its header, auth.h, by the same names. Threads: any number may use one verifier while others give it
keys and lists; the interpreter's lock is free meanwhile.
"""
import collections.abc
import ctypes
import enum
import json as _json
import os
import time
from ctypes import POINTER, byref, c_bool, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint, c_void_p

__all__ = ["Claims", "Flag", "Kind", "Refused", "Status", "Verifier", "verify_dpop"]


# ---- the header, auth.h: tests/bindings/test_header.py compares ---------------------------------

class Status(enum.IntEnum):
    """enum auth_status: negative is a fault of this machine, positive an answer about the token."""
    OK = 0
    NOMEM, IO, BUG = -1, -2, -3
    MALFORMED, TOO_LARGE, UNSUPPORTED_HEADER, UNSUPPORTED_ALGORITHM = 1, 2, 3, 4
    UNKNOWN_KEY, BAD_SIGNATURE, WRONG_TYPE = 5, 6, 7
    EXPIRED, NOT_YET_VALID, WRONG_ISSUER, WRONG_AUDIENCE, WRONG_PARTY = 10, 11, 12, 13, 14
    MISSING_CLAIM, BAD_CLAIM, MISSING_SCOPE, LEVEL_TOO_LOW, TOO_OLD = 15, 16, 17, 18, 19
    LIVES_TOO_LONG, WRONG_NONCE, WRONG_HASH, WRONG_BINDING = 20, 21, 22, 23
    REVOKED, REVOCATION_UNKNOWN = 30, 31
    BAD_KEYS, BAD_OPTIONS, NO_KEYS, NO_CLAIM, BAD_LIST, BAD_BUNDLE, OLDER = 40, 41, 42, 43, 44, 45, 46

    @classmethod
    def _missing_(cls, value):
        # A younger library may know more: it stays a refusal, by its number.
        status = int.__new__(cls, value)
        status._name_, status._value_ = f"STATUS_{value}", value
        return status


class Kind(enum.IntEnum):
    """enum auth_kind: what the token is for."""
    ACCESS_TOKEN, ID_TOKEN, CLIENT_ASSERTION, LOGOUT_TOKEN, OTHER_TOKEN = 0, 1, 2, 3, 4
    INTROSPECTION, USERINFO, REQUEST_OBJECT = 5, 6, 7


class Flag(enum.IntFlag):
    """enum auth_flag."""
    ANY_ISSUER, ANY_AUDIENCE, SINGLE_AUDIENCE, IGNORE_EXPIRY, REQUIRE_STATUS = 1, 2, 4, 8, 16
    ACCEPT_REVOCATION_UNKNOWN, BOUND = 32, 64


class _Error(ctypes.Structure):
    _fields_ = [("message", c_char * 256)]


_Strings = POINTER(c_char_p)


class _Options(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("kind", c_int), ("flags", c_uint), ("issuer", c_char_p),
                ("audience", c_char_p), ("audiences", _Strings), ("types", _Strings),
                ("algorithms", _Strings), ("scopes", _Strings), ("claims", _Strings),
                ("authorized_party", c_char_p), ("min_acr", c_char_p), ("acr_ladder", _Strings),
                ("max_age_s", c_int64), ("max_token_age_s", c_int64), ("max_lifetime_s", c_int64),
                ("leeway_s", c_int64), ("max_list_age_s", c_int64), ("cache_tokens", c_size_t)]
    initial = {"max_age_s": -1, "max_token_age_s": -1, "max_lifetime_s": -1, "leeway_s": 60,
               "max_list_age_s": -1}


class _BundleOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("roots", c_void_p), ("issuer", c_char_p),
                ("state_file", c_char_p), ("min_version", c_int64)]
    initial = {}


class _Dpop(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("method", c_char_p), ("uri", c_char_p),
                ("access_token", c_char_p), ("nonce", c_char_p), ("max_age_s", c_int64),
                ("leeway_s", c_int64)]
    initial = {"max_age_s": 60, "leeway_s": 10}


# What each function returns and takes. An object of the library is a c_void_p.
_FUNCTIONS = {
    "auth_strerror": (c_char_p, c_int),
    "auth_keyset_from_json": (c_int, c_char_p, c_size_t, POINTER(c_void_p), POINTER(_Error)),
    "auth_keyset_from_file": (c_int, c_char_p, POINTER(c_void_p), POINTER(_Error)),
    "auth_keyset_from_directory": (c_int, c_char_p, POINTER(c_void_p), POINTER(_Error)),
    "auth_keyset_free": (None, c_void_p),
    "auth_verifier_new": (c_int, POINTER(_Options), POINTER(c_void_p), POINTER(_Error)),
    "auth_verifier_free": (None, c_void_p),
    "auth_verifier_set_keys": (c_int, c_void_p, c_void_p),
    "auth_verify": (c_int, c_void_p, c_char_p, c_size_t, c_int64, POINTER(c_void_p)),
    "auth_verify_secret": (c_int, c_void_p, c_char_p, c_size_t, c_char_p, c_size_t, c_int64,
                           POINTER(c_void_p)),
    "auth_verifier_add_list": (c_int, c_void_p, c_char_p, c_size_t, c_int64, POINTER(_Error)),
    "auth_verifier_add_list_file": (c_int, c_void_p, c_char_p, c_int64, POINTER(_Error)),
    "auth_verifier_load_bundle": (c_int, c_void_p, c_char_p, c_size_t, POINTER(_BundleOptions),
                                  c_int64, POINTER(_Error)),
    "auth_verifier_load_bundle_file": (c_int, c_void_p, c_char_p, POINTER(_BundleOptions), c_int64,
                                       POINTER(_Error)),
    "auth_verify_dpop": (c_int, c_char_p, c_size_t, POINTER(_Dpop), c_int64, POINTER(c_void_p)),
    "auth_claims_free": (None, c_void_p),
    "auth_claims_alg": (c_char_p, c_void_p),
    "auth_claims_kid": (c_char_p, c_void_p),
    "auth_claims_jkt": (c_char_p, c_void_p),
    "auth_claims_status_checked": (c_bool, c_void_p),
    "auth_claims_has_aud": (c_bool, c_void_p, c_char_p),
    "auth_claims_has_scope": (c_bool, c_void_p, c_char_p),
    "auth_claims_check_nonce": (c_int, c_void_p, c_char_p),
    "auth_claims_check_hash": (c_int, c_void_p, c_char_p, c_char_p, c_size_t),
    "auth_claims_check_key": (c_int, c_void_p, c_char_p),
    "auth_claims_check_certificate": (c_int, c_void_p, c_char_p, c_size_t),
    "auth_claims_value": (c_void_p, c_void_p, c_char_p),
    "auth_value_type": (c_int, c_void_p),
    "auth_value_name": (c_char_p, c_void_p),
    "auth_value_string": (c_char_p, c_void_p),
    "auth_value_true": (c_bool, c_void_p),
    "auth_value_number": (c_void_p, c_void_p, POINTER(c_size_t)),
    "auth_value_count": (c_size_t, c_void_p),
    "auth_value_first": (c_void_p, c_void_p),
    "auth_value_next": (c_void_p, c_void_p, c_void_p),
}

_lib = ctypes.CDLL("libauth.so.0")
for _name, (_result, *_arguments) in _FUNCTIONS.items():
    getattr(_lib, _name).restype = _result
    getattr(_lib, _name).argtypes = _arguments


class Refused(Exception):
    """The token, or what was loaded, is not accepted. status says why; the text is for people."""

    def __init__(self, status, message=None):
        self.status = Status(status)
        super().__init__(message or _lib.auth_strerror(status).decode())


def _check(status, error=None):
    if status != Status.OK:
        raise Refused(status, error and error.message.decode("utf-8", "replace"))


# ---- from Python to C ---------------------------------------------------------------------------

def _text(name, value):
    if not isinstance(value, str):
        raise TypeError(f"{name}: a str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{name}: holds a NUL")
    return value.encode()


def _path(name, value):
    return os.fsencode(_text(name, os.fspath(value)))


def _bytes(name, value):
    if not isinstance(value, (str, bytes)):
        raise TypeError(f"{name}: str or bytes, not {type(value).__name__}")
    # What cannot be UTF-8 cannot be a token either, and is the library's to refuse.
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def _strings(name, value):
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{name}: a list of str, not {type(value).__name__}")
    items = [_text(name, item) for item in value]
    return (c_char_p * (len(items) + 1))(*items, None)


def _integer(name, value, ctype):
    if not isinstance(value, int):
        raise TypeError(f"{name}: an int, not {type(value).__name__}")
    if ctype(value).value != value:  # ctypes would cut it off
        raise OverflowError(f"{name}: out of range")
    return value


def _convert(name, value, ctype):
    if ctype is c_char_p:
        return _text(name, value)
    if ctype is _Strings:
        return ctypes.cast(_strings(name, value), _Strings)
    return _integer(name, value, ctype)


def _fill(struct, given, **more):
    """A struct of the header from keyword arguments. An unknown one is an error: a misspelt demand
    must not be a demand that nobody makes. So is None: what is not wanted is left out."""
    fields = dict(struct._fields_)
    filled = struct(size=ctypes.sizeof(struct), **struct.initial, **more)
    for name, value in given.items():
        if name not in fields or name == "size" or name in more:
            raise TypeError(f"there is no option {name}")
        setattr(filled, name, _convert(name, value, fields[name]))
    return filled


def _now(now):
    return int(time.time()) if now is None else _integer("now", int(now), c_int64)


class _Owned:
    """An object of the library, freed with the last reference to it."""

    def __init__(self, pointer, free):
        self.pointer, self.free = pointer, free

    def __del__(self):
        self.free(self.pointer)


def _made(free, function, *arguments, error=None):
    """What a function gives through its parameter ret."""
    made = c_void_p()
    errors = (byref(error),) if error is not None else ()
    _check(function(*arguments, byref(made), *errors), error)
    return _Owned(made, free)


def _one_of(**given):
    chosen = [(name, value) for name, value in given.items() if value is not None]
    if len(chosen) != 1:
        raise TypeError(f"give one of {', '.join(given)}")
    return chosen[0]


def _keyset(**given):
    source, value = _one_of(**given)
    if source != "json":
        read = _lib.auth_keyset_from_file if source == "path" else _lib.auth_keyset_from_directory
        return _made(_lib.auth_keyset_free, read, _path(source, value), error=_Error())
    value = _bytes("json", _json.dumps(value) if isinstance(value, dict) else value)
    return _made(_lib.auth_keyset_free, _lib.auth_keyset_from_json, value, len(value),
                 error=_Error())


# ---- from C to Python ---------------------------------------------------------------------------

def _number(value):
    n = c_size_t()
    text = ctypes.string_at(_lib.auth_value_number(value, byref(n)), n.value)
    try:
        return int(text)
    except ValueError:  # it has a fraction, or more digits than Python reads
        return float(text)


def _items(container):
    value = _lib.auth_value_first(container)
    while value:
        yield value
        value = _lib.auth_value_next(container, value)


def _string(value):
    return _lib.auth_value_string(value).decode()


def _member_name(value):
    return _lib.auth_value_name(value).decode()


# enum auth_type, from AUTH_TYPE_NULL on
_READERS = [
    lambda value: None,
    _lib.auth_value_true,
    _number,
    _string,
    lambda value: [_python(item) for item in _items(value)],
    lambda value: {_member_name(item): _python(item) for item in _items(value)},
]


def _python(value):
    return _READERS[_lib.auth_value_type(value) - 1](value)


def _getter(function, doc):
    def get(self):
        text = function(self._owned.pointer)
        return text.decode() if isinstance(text, bytes) else text
    return property(get, doc=doc)


def _claim(name):
    return property(lambda self: self.get(name), doc=f"The claim {name}; None if it is not there.")


class Claims(collections.abc.Mapping):
    """What a verified token says: a mapping of its claims, each read when it is asked for.

    dict(claims) has them all. What stands in no claim is an attribute: alg, kid, status_checked, jkt.
    """
    __slots__ = ("_owned",)

    iss, sub, jti, client_id, azp = map(_claim, ("iss", "sub", "jti", "client_id", "azp"))
    scope, acr, sid, nonce = map(_claim, ("scope", "acr", "sid", "nonce"))
    exp, iat, nbf, auth_time, aud = map(_claim, ("exp", "iat", "nbf", "auth_time", "aud"))
    alg = _getter(_lib.auth_claims_alg, "The algorithm that the token was verified with.")
    kid = _getter(_lib.auth_claims_kid, "The key that it was verified with; None: it has no kid.")
    jkt = _getter(_lib.auth_claims_jkt, "The thumbprint of a DPoP proof's key; None otherwise.")
    status_checked = _getter(_lib.auth_claims_status_checked,
                             "Whether a status list said that the token is valid.")

    def __init__(self, owned):
        self._owned = owned

    def __getitem__(self, name):
        # No claim has a name with a NUL, and None would ask for all of them.
        value = isinstance(name, str) and "\0" not in name and \
            _lib.auth_claims_value(self._owned.pointer, name.encode("utf-8", "surrogatepass"))
        if not value:
            raise KeyError(name)
        return _python(value)

    def __iter__(self):
        for value in _items(_lib.auth_claims_value(self._owned.pointer, None)):
            yield _member_name(value)

    def __len__(self):
        return _lib.auth_value_count(_lib.auth_claims_value(self._owned.pointer, None))

    def __repr__(self):
        return f"<libauth.Claims of {self.iss}>"  # a log is no place for a person's data

    def has_aud(self, audience):
        """Whether aud names this audience, be it one string or a list."""
        return _lib.auth_claims_has_aud(self._owned.pointer, _text("audience", audience))

    def has_scope(self, scope):
        """Whether scope has this very word."""
        return _lib.auth_claims_has_scope(self._owned.pointer, _text("scope", scope))


def _check_hash(claims, name, value):
    value = _bytes(name, value)
    return _lib.auth_claims_check_hash(claims, _text("name", name), value, len(value))


def _check_certificate(claims, name, value):
    value = _bytes(name, value)
    return _lib.auth_claims_check_certificate(claims, value, len(value))


_CHECKS = {
    "nonce": lambda claims, name, v: _lib.auth_claims_check_nonce(claims, _text(name, v)),
    "jkt": lambda claims, name, v: _lib.auth_claims_check_key(claims, _text(name, v)),
    "certificate": _check_certificate,
    "at_hash": _check_hash, "c_hash": _check_hash, "s_hash": _check_hash,
}


# ---- verifying ----------------------------------------------------------------------------------

class Verifier:
    """A policy and the current keys.

    The keyword arguments are the members of struct auth_options: issuer, audience, min_acr and so on
    are str, audiences, scopes, types and other lists are lists of str, kind is a Kind, flags are
    Flags, what ends in _s is an int of seconds. What is left out is as AUTH_OPTIONS_INIT has it.
    """

    def __init__(self, **options):
        self._owned = _made(_lib.auth_verifier_free, _lib.auth_verifier_new,
                            byref(_fill(_Options, options)), error=_Error())

    def load_keys(self, json=None, *, path=None, directory=None):
        """Replace the keys by a JWK set (str, bytes or dict), a file, or a directory of issuers."""
        keys = _keyset(json=json, path=path, directory=directory)
        _check(_lib.auth_verifier_set_keys(self._owned.pointer, keys.pointer))

    def add_list(self, token=None, *, path=None, now=None):
        """Take in a status list, from memory or from a file."""
        source, value = _one_of(token=token, path=path)
        self._load(_lib.auth_verifier_add_list, _lib.auth_verifier_add_list_file, source, value,
                   _now(now))

    def load_bundle(self, bundle=None, *, path=None, roots, now=None, **options):
        """Take keys and status lists from a trust bundle that the roots (a JWK set) vouch for.

        options: issuer, and state_file or min_version, as in struct auth_bundle_options.
        """
        source, value = _one_of(bundle=bundle, path=path)
        keys = _keyset(json=roots)
        filled = _fill(_BundleOptions, options, roots=keys.pointer)
        self._load(_lib.auth_verifier_load_bundle, _lib.auth_verifier_load_bundle_file, source,
                   value, byref(filled), _now(now))

    def _load(self, from_memory, from_file, source, value, *arguments):
        error = _Error()
        if source == "path":
            status = from_file(self._owned.pointer, _path(source, value), *arguments, byref(error))
        else:
            value = _bytes(source, value)
            status = from_memory(self._owned.pointer, value, len(value), *arguments, byref(error))
        _check(status, error)

    def verify(self, token, now=None, **checks):
        """The Claims of a token; Refused if it is not to be trusted.

        now     seconds since the epoch; the clock's if left out
        checks  what else must hold: nonce, at_hash, c_hash or s_hash of an ID token (the value that
                the hash stands for), jkt (of a DPoP proof) or certificate (DER) of a bound token
        """
        token = _bytes("token", token)
        owned = _made(_lib.auth_claims_free, _lib.auth_verify, self._owned.pointer, token,
                      len(token), _now(now))
        return _checked(owned, checks)

    def verify_secret(self, secret, token, now=None):
        """The same for a token authenticated with a secret shared with its sender (bytes)."""
        secret, token = _bytes("secret", secret), _bytes("token", token)
        return Claims(_made(_lib.auth_claims_free, _lib.auth_verify_secret, self._owned.pointer,
                            secret, len(secret), token, len(token), _now(now)))


def _checked(owned, checks):
    for name, value in checks.items():
        if name not in _CHECKS:
            raise TypeError(f"there is no check {name}")
        _check(_CHECKS[name](owned.pointer, name, value))
    return Claims(owned)


def verify_dpop(proof, now=None, **request):
    """The Claims of a DPoP proof, its key's thumbprint as jkt. RFC 9449 §4.3

    request: method, uri, access_token, nonce, max_age_s, leeway_s, as in struct auth_dpop. That the
    proof's jti has not been seen before is the caller's to check; that the access token is bound to
    its key is what verify(token, jkt=proof.jkt) says.
    """
    proof = _bytes("proof", proof)
    return Claims(_made(_lib.auth_claims_free, _lib.auth_verify_dpop, proof, len(proof),
                        byref(_fill(_Dpop, request)), _now(now)))
