"""Requests that a proxy and the server behind it may read differently, as bytes.

Each hides SMUGGLED, which asks for HIDDEN in somebody else's name. Whoever takes it for a request of
its own runs what nobody sent. ALL is a list of (name, ALPN protocol, bytes).
"""
import struct

HOST = b"id.localhost"
HIDDEN = "/jwks"
# Who a smuggled request says it is: no client of the test lives there.
FORGED = "203.0.113.66"
SMUGGLED = (b"GET %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: %s\r\n\r\n"
            % (HIDDEN.encode(), HOST, FORGED.encode()))
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def request(line, *fields, body=b"", version=b"1.1"):
    head = b"".join((b"Host: %s\r\n" % HOST, *fields))
    return b"%s HTTP/%s\r\n%s\r\n%s" % (line, version, head, body)


def length(n):
    return b"Content-Length: %d\r\n" % n


def chunks(data, end=b"0\r\n\r\n"):
    return b"%x\r\n%s\r\n%s" % (len(data), data, end)


def bodies_nobody_reads():
    """An answer that comes before the body was read must not leave the body behind as a request."""
    lines = (b"GET /healthz", b"HEAD /healthz", b"POST /healthz", b"GET /style.css", b"POST /nothing",
             b"GET /nothing", b"DELETE /token", b"PUT /token", b"OPTIONS /token", b"PATCH /token",
             b"TRACE /token", b"BREW /token", b"GET /userinfo", b"POST /userinfo", b"POST /token",
             b"POST /introspect", b"POST /revoke", b"POST /signin", b"POST /consent", b"POST /logout",
             b"POST /authorize", b"GET /authorize", b"POST /account/password", b"GET /%00",
             b"GET /%0d%0a", b"GET /a%2f..%2fhealthz", b"GET //healthz", b"GET /healthz#x")
    n = length(len(SMUGGLED))
    for line in lines:
        yield line.decode(), request(line, n, body=SMUGGLED)
        yield line.decode() + " chunked", request(line, CHUNKED, body=chunks(SMUGGLED))
    post = b"POST /token"
    yield "form", request(post, FORM, n, body=SMUGGLED)
    yield "wrong type", request(post, b"Content-Type: text/plain\r\n", n, body=SMUGGLED)
    yield "no type", request(post, n, body=SMUGGLED)
    yield "encoded", request(post, FORM, b"Content-Encoding: gzip\r\n", n, body=SMUGGLED)
    yield "expects", request(post, FORM, b"Expect: 100-continue\r\n", n, body=SMUGGLED)
    yield "expects more", request(post, FORM, b"Expect: more\r\n", n, body=SMUGGLED)
    twice = b"Authorization: Basic YTpi\r\n" * 2
    yield "two credentials", request(post, FORM, twice, n, body=SMUGGLED)
    for size in (65536, 65537, 100_000, 5_000_000):
        filled = b"a" * (size - len(SMUGGLED)) + SMUGGLED
        yield f"{size} bytes", request(post, FORM, length(size), body=filled)
        yield f"{size} bytes chunked", request(post, FORM, CHUNKED, body=chunks(filled))
    yield "cut short", request(post, FORM, length(len(SMUGGLED) + 1), body=SMUGGLED)
    yield "cut short, chunked", request(post, FORM, CHUNKED, body=chunks(SMUGGLED, end=b"5\r\n"))
    for field in (b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n", b"Upgrade: websocket\r\n"):
        yield "upgrade", request(b"GET /healthz", b"Connection: Upgrade\r\n", field, n, body=SMUGGLED)


def codings():
    """RFC 9112 §6.1, §6.3: length against coding, and codings that one side does not recognise."""
    spelled = (
        b"Transfer-Encoding: chunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding:\tchunked",
        b"Transfer-Encoding:chunked", b" Transfer-Encoding: chunked", b"X: a\r\n Transfer-Encoding: chunked",
        b"X: a\nTransfer-Encoding: chunked", b"X: a\rTransfer-Encoding: chunked",
        b"Transfer-Encoding\r\n: chunked", b"Transfer-Encoding:\r\n chunked",
        b"Transfer-Encoding: \"chunked\"", b"Transfer_Encoding: chunked", b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding: chunked\x00", b"Transfer-Encoding: chunked\x0b", b"\x00Transfer-Encoding: chunked",
        b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding: identity", b"Transfer-Encoding:", b"Transfer-Encoding: chunked;x=y",
        b"tRANSFER-eNCODING: CHUNKED", b"Transfer-Encoding: chunk\xc3\xa9d", b"TE: chunked",
        b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
        b"Connection: Content-Length\r\nTransfer-Encoding: chunked",
    )
    hidden, closed = b"0\r\n\r\n" + SMUGGLED, chunks(SMUGGLED)
    for field in spelled:
        name = repr(field)[2:-1]
        field += b"\r\n"
        line = b"POST /token"
        # CL.TE: the one who reads chunks ends early. TE.CL: the one who reads the length does.
        yield f"length, {name}", request(line, FORM, length(len(hidden)), field, body=hidden)
        yield f"{name}, length", request(line, FORM, field, length(len(hidden)), body=hidden)
        yield f"{name}, short length", request(line, FORM, field, length(4), body=closed)
        yield f"{name}, no length", request(line, FORM, field, body=hidden)
        yield f"{name}, 1.0", request(line, FORM, b"Connection: keep-alive\r\n", field,
                                      length(len(hidden)), body=hidden, version=b"1.0")


def chunk_spellings():
    """RFC 9112 §7.1: extensions, sizes and line ends that one side reads past."""
    for name, body in {
        "extension": b"0;x=y\r\n\r\n", "extension with LF": b"0;x\n\r\n\r\n",
        "extension with CR": b"0;x\ry\r\n\r\n", "quoted extension": b"0;x=\"\r\n\r\n\"\r\n\r\n",
        "size behind an extension's LF": b"2;\nxx\r\n0\r\n\r\n", "LF for CR LF": b"0\n\n",
        "one LF": b"0\r\n\n", "CR CR": b"0\r\r", "space behind": b"0 \r\n\r\n", "space first": b" 0\r\n\r\n",
        "hexadecimal": b"0x0\r\n\r\n", "negative": b"-0\r\n\r\n", "signed": b"+0\r\n\r\n",
        "past 64 bits": b"10000000000000000\r\n\r\n", "zeros": b"00000000000000000000\r\n\r\n",
        "empty size": b"\r\n\r\n", "underlined": b"0_0\r\n\r\n", "longer than said": b"1\r\nab\r\n0\r\n\r\n",
        "no end of data": b"1\r\na0\r\n\r\n", "trailer": b"0\r\nX: y\r\n\r\n",
        "length in the trailer": b"0\r\nContent-Length: 10\r\n\r\n",
        "coding in the trailer": b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "folded trailer": b"0\r\nX: y\r\n z\r\n\r\n", "LF in the trailer": b"0\r\nX: y\n\n",
        "long extension": b"0;" + b"x" * 70_000 + b"\r\n\r\n",
    }.items():
        yield name, request(b"POST /token", FORM, CHUNKED, body=body + SMUGGLED)


def lengths():
    """RFC 9110 §8.6: one length, of digits."""
    n, tail = len(SMUGGLED), b"a" * 4
    for field in (b"%d\r\nContent-Length: 0", b"0\r\nContent-Length: %d", b"%d\r\nContent-Length: %d",
                  b"%d, 0", b"0, %d", b"%d, %d", b"+%d", b"-%d", b"0%d", b"%d ", b"\t%d", b"%d\x0b", b"%d.0",
                  b"0x%x", b"%de0", b"\"%d\"", b"%d;", b"%d\r\n 0", b"\r\n %d", b"18446744073709551616%d",
                  b"%d\x00", b"%d\nX: y", b"%d\rX: y"):
        value = field % ((n,) * field.count(b"%"))
        yield repr(value), request(b"POST /token", FORM, b"Content-Length: %s\r\n" % value,
                                   body=SMUGGLED + tail)
    yield "empty", request(b"POST /token", FORM, b"Content-Length:\r\n", body=SMUGGLED)
    for name in (b"Content-Length ", b"Content_Length"):
        yield repr(name), request(b"POST /token", FORM, b"%s: %d\r\n" % (name, n), body=SMUGGLED)
    yield "none", request(b"POST /token", FORM, body=SMUGGLED)


def heads():
    """RFC 9112 §2.2, §3, §5: lines, targets, names, and fields that concern the connection."""
    n = length(len(SMUGGLED))
    for field in (b"X: a\r\n b", b"X : a", b"X: a\x00b", b"X: a\nY: b", b"X: a\rY: b", b"X", b": a",
                  b"Host: b", b"Host : b", b"Connection: X-Forwarded-For", b"Connection: close, X-Forwarded-For",
                  b"Connection: Host", b"X-Forwarded-For: " + FORGED.encode(),
                  b"X-Forwarded-For : " + FORGED.encode(), b"X_Forwarded_For: " + FORGED.encode(),
                  b"X-Forwarded-For: a\r\n " + FORGED.encode(), b"Forwarded: for=" + FORGED.encode(),
                  b"X-Forwarded-Proto: http", b"X-Real-IP: " + FORGED.encode(), b"X-HTTP-Method-Override: PUT",
                  b"X-Original-URL: " + HIDDEN.encode(), b"X-Rewrite-URL: " + HIDDEN.encode()):
        yield repr(field)[2:-1], request(b"GET /healthz", field + b"\r\n", n, body=SMUGGLED)
    fold = b" HTTP/1.1\r\nHost: a\r\n\r\n"
    for line in (b"GET  /healthz", b"GET /heal thz", b"GET\t/healthz", b"GET /healthz\t", b" GET /healthz",
                 b"GET https://id.localhost/healthz", b"GET https://other.localhost/healthz",
                 b"GET healthz", b"GET *", b"OPTIONS *", b"CONNECT id.localhost:443", b"GET /healthz?" + fold,
                 b"GET /healthz%20HTTP/1.1%0d%0aHost:%20a%0d%0a%0d%0aGET%20" + HIDDEN.encode(),
                 b"GET /%5c..%5chealthz", b"GET /\xc3\xa9", b"GET /%ff", b"GET /./healthz", b"G(T /healthz"):
        yield repr(line)[2:-1], request(line, n, body=SMUGGLED)
    for version in (b"0.9", b"1.0", b"1.2", b"1.10", b"2.0", b"1.1\x00", b"1.1 "):
        yield f"version {version!r}", request(b"GET /healthz", n, body=SMUGGLED, version=version)
    yield "no version", b"GET /healthz\r\n" + SMUGGLED
    yield "LF everywhere", request(b"GET /healthz", n).replace(b"\r\n", b"\n") + SMUGGLED
    yield "CR everywhere", request(b"GET /healthz", n).replace(b"\r\n", b"\r") + SMUGGLED
    yield "empty lines first", b"\r\n\r\n" + request(b"GET /healthz", n, body=SMUGGLED)
    yield "kept open in 1.0", request(b"GET /healthz", b"Connection: keep-alive\r\n", n, body=SMUGGLED,
                                      version=b"1.0")
    yield "pipelined", request(b"GET /healthz") * 20
    yield "pipelined posts", request(b"POST /token", n, body=SMUGGLED) * 20


# ---- HTTP/2, which the proxies turn into HTTP/1.1 (RFC 9113 §8.1.1, §8.2, §10.3) -----------------

def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def text(value):
    """A string of HPACK, not compressed (RFC 7541 §5)."""
    n = len(value)
    return (bytes([n]) if n < 127 else bytes([127, (n - 127) & 127 | 128, (n - 127) >> 7])) + value


def two(*fields, body=b"", path=b"/token", method=b"POST", authority=HOST):
    block = b"".join(b"\0" + text(name) + text(value) for name, value in (
        (b":method", method), (b":scheme", b"https"), (b":path", path), (b":authority", authority), *fields))
    return (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + frame(1, 4 if body else 5, 1, block) +
            (frame(0, 1, 1, body) if body else b""))


def http2():
    hidden = b"0\r\n\r\n" + SMUGGLED
    form = (b"content-type", FORM[14:-2])
    yield "short length", two(form, (b"content-length", b"0"), body=SMUGGLED)
    yield "long length", two(form, (b"content-length", b"9999"), body=SMUGGLED)
    yield "two lengths", two(form, (b"content-length", b"0"),
                             (b"content-length", b"%d" % len(SMUGGLED)), body=SMUGGLED)
    yield "bad length", two(form, (b"content-length", b"+0"), body=SMUGGLED)
    for name, value in ((b"transfer-encoding", b"chunked"), (b"transfer-encoding ", b"chunked"),
                        (b"Transfer-Encoding", b"chunked"), (b"x", b"a\r\ntransfer-encoding: chunked"),
                        (b"x", b"a\ntransfer-encoding: chunked"), (b"x: a\r\ntransfer-encoding", b"chunked"),
                        (b"x", b"a\r\n\r\n" + SMUGGLED), (b"x\0", b"a"), (b"x", b"a\0"), (b"", b"a"),
                        (b"connection", b"transfer-encoding"), (b"host", b"other"), (b":path", HIDDEN.encode()),
                        (b"upgrade", b"h2c"), (b"x-forwarded-for", FORGED.encode())):
        yield f"{name!r}: {value[:24]!r}", two(form, (name, value), body=hidden)
        yield f"{name!r}: {value[:24]!r}, no body", two((name, value), path=b"/healthz", method=b"GET")
    fold = b" HTTP/1.1\r\nHost: a\r\n\r\n"
    yield "path", two(path=b"/healthz" + fold + SMUGGLED, method=b"GET")
    yield "method", two(path=b"/healthz", method=b"GET /healthz" + fold + SMUGGLED)
    yield "authority", two(path=b"/healthz", method=b"GET",
                           authority=HOST + b"\r\nX: y\r\n\r\n" + SMUGGLED)
    yield "relative path", two(path=b"healthz", method=b"GET")
    for method in (b"GET", b"HEAD", b"DELETE", b"BREW"):
        yield f"{method.decode()} with a body", two(body=SMUGGLED, method=method, path=b"/healthz")


ALL = [(f"{group.__name__}: {name}", protocol, data)
       for protocol, groups in (("http/1.1", (bodies_nobody_reads, codings, chunk_spellings, lengths, heads)),
                                ("h2", (http2,)))
       for group in groups for name, data in group()]
