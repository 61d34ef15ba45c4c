"""Servers that a client may name, good and bad: what tests of outbound HTTP speak to.

usage: fetch_server.py DIR     writes DIR/ca.pem, prints the ports and ends with its standard input

Each line of the output is a name and a port of 127.0.0.1:
tls    a certificate for good.localhost and 127.0.0.1
alien  one of another authority
plain  no TLS
"""
import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import threading
import time

CHUNK = b"x" * 1000


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def forever(self, chunk, pause):
        """A body that never ends, or only after a minute."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            time.sleep(pause)

    def file(self, name, *freshness):
        """DIR/NAME, if it is there; DIR/NAME.asked has a byte for each time."""
        path = pathlib.Path(sys.argv[1], name)
        with open(f"{path}.asked", "ab") as asked:
            asked.write(b".")
        if not path.exists():
            self.answer(404)
            return
        fields = {"Cache_Control": freshness[0]} if freshness else {}
        self.answer(200, path.read_bytes(), **fields)

    def endless_header(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(10000):
            self.wfile.write(b"X-%d: %s\r\n" % (number, CHUNK))

    def do_GET(self):
        kind, _, rest = self.path[1:].partition("/")
        if kind == "ok":
            self.answer(200, b'{"keys":[]}', Content_Type="application/json",
                        Cache_Control="public, max-age=60")
        elif kind == "file":
            self.file(*rest.split("/"))
        elif kind == "fresh":
            self.answer(200, b"", Cache_Control=rest.replace("/", ", "))
        elif kind == "body":
            self.answer(200, b"y" * int(rest))
        elif kind == "redirect":
            self.answer(302, Location="/ok")
        elif kind == "echo":
            self.echo(b"")
        elif kind == "status":
            self.answer(int(rest))
        elif kind == "slow":
            self.forever(b"z", 0.05)
        elif kind == "endless":
            self.forever(CHUNK, 0)
        elif kind == "header":
            self.endless_header()
        elif kind == "silent":
            time.sleep(60)
        elif kind == "cookie":
            self.answer(200, b"", Set_Cookie="a=b; Path=/")
        else:
            self.answer(404)

    def do_POST(self):
        self.echo(self.rfile.read(int(self.headers["Content-Length"])))

    def echo(self, body):
        fields = {name.lower(): value for name, value in self.headers.items()}
        told = {"method": self.command, "path": self.path, "fields": fields, "body": body.decode()}
        self.answer(200, json.dumps(told).encode(), Content_Type="application/json")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Clients that go away are what is tested."""


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def certificate(folder, name):
    """NAME.pem and NAME.key, its own authority."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", f"/CN={name}", "-addext",
            "subjectAltName=DNS:good.localhost,IP:127.0.0.1",
            "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem")


def serve(folder, name, tls):
    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/{tls}.pem", f"{folder}/{tls}.key")
        # The handshake is the connection's own thread's, so that none holds up the others.
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(name, server.server_address[1], flush=True)


def main():
    folder = sys.argv[1]
    certificate(folder, "ca")
    certificate(folder, "stranger")
    serve(folder, "tls", "ca")
    serve(folder, "alien", "stranger")
    serve(folder, "plain", None)
    sys.stdin.read()


if __name__ == "__main__":
    main()
