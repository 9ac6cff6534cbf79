"""A peer's feed over a bad line: every answer comes whole, but a little at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import urllib3

PIECE = 2048  # bytes
PAUSE = 0.02  # seconds between pieces


@contextmanager
def slow_relay(target: str) -> Iterator[str]:
    """The address at which the peer at `target` answers slowly."""
    over = Event()
    peer = urllib3.PoolManager(retries=False)

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            secret = {"Authorization": self.headers["Authorization"]}
            answer = peer.request("GET", f"{target}{self.path}", headers=secret, timeout=60)
            self.send_response(answer.status)
            for name in ("Content-Type", "Phoihop-Head"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            for start in range(0, len(answer.data), PIECE):
                self.wfile.write(answer.data[start : start + PIECE])
                over.wait(PAUSE)

        def log_message(self, format: str, *args: object) -> None:
            """The test says what went wrong."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A hearer that hangs up, or a peer that is away: normal life, seen in the hearer's status."""

    with Server(("127.0.0.1", 0), Relay) as server:
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            over.set()
            server.shutdown()
            serving.join(10)
            peer.clear()
