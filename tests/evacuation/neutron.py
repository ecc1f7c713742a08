"""What Nova hears of Neutron on the stand: there is no port, no network and no security group of any instance.

The stand's instances have no networks, but Nova asks Neutron for their ports whenever it makes, moves or lists them.
"""

import http.server
import json


class Nothing(http.server.BaseHTTPRequestHandler):
    """Answers every list with an empty one."""

    def do_GET(self):
        kind = self.path.partition("?")[0].rstrip("/").rpartition("/")[2]
        answer = json.dumps({kind.replace("-", "_"): []}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_words):
        """Say nothing."""


if __name__ == "__main__":
    http.server.ThreadingHTTPServer(("", 9696), Nothing).serve_forever()
