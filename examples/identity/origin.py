"""An origin that answers who called: python3 origin.py PORT, with IDENTITY_SECRETS (HS256) or without it (EdDSA)."""

import http.server
import json
import os
import sys

from bound import Refused, Unanswered

AUDIENCE = "orders-origin"
PUBLIC_ORIGIN = "https://api.example"

if "IDENTITY_SECRETS" in os.environ:
    from identity_hs256 import Identities

    identities = Identities(AUDIENCE, PUBLIC_ORIGIN, os.environ["IDENTITY_SECRETS"].split(","))
else:
    from identity_eddsa import Identities

    identities = Identities(AUDIENCE, PUBLIC_ORIGIN, os.environ.get("IDENTITY_KEYS_URL"))


class Origin(http.server.BaseHTTPRequestHandler):
    def answer(self):
        shown = self.headers.get_all("X-Latchkey-Identity", [])
        try:
            if len(shown) != 1:
                raise Refused("not one identity")
            # path is what was sent. Of WSGI it is RAW_URI (gunicorn) or REQUEST_URI (uWSGI), of ASGI raw_path.
            claims = identities.of(self.command, self.path, shown[0])
            self.reply(200, claims)
        except Refused as why:
            self.log_message("refused: %s", why)
            self.reply(403, {"type": "urn:latchkey:reason:proxy-untrusted", "status": 403})
        except Unanswered as why:
            self.log_message("unanswered: %s", why)
            self.reply(503, {"type": "urn:latchkey:reason:dependency-unavailable", "status": 503})

    def reply(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = answer


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Origin)
    print(server.server_port, flush=True)
    server.serve_forever()
