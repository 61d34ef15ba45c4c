"""A server that reads as careless ones do: the body of a GET or of an unknown method stays on the
connection and becomes the next request. lax.py LOG PORT. Logs as authd does."""
import http.server
import json
import sys


class Lax(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        came_from = self.headers.get("X-Forwarded-For", "127.0.0.1").split(",")[-1].strip()
        network = came_from.rsplit(".", 1)[0] + ".0/24"
        path = self.path.partition("?")[0]
        with open(sys.argv[1], "a", encoding="utf-8") as log:
            print(json.dumps({"event": "request", "network": network, "path": path}), file=log)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_DELETE = do_PUT = answer

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Lax).serve_forever()
