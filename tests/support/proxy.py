"""A line to a server that breaks when it is told to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread


class Proxy:
    """Passes bytes on, until it loses some: then every line breaks.

    `reply`, `request`: what the server or the client has to say for it to be lost, b"" for anything. `silent`:
    from now on nothing is passed on, and no line breaks.
    """

    def __init__(self, port: int) -> None:
        self.server = ("127.0.0.1", port)
        self.reply: bytes | None = None
        self.request: bytes | None = None
        self.silent = False
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: list[socket.socket] = []
        self._lock = Lock()
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every line."""
        with self._lock:
            for one in self._open:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
            self._open.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self.server)
                with self._lock:
                    self._open += [client, server]
                Thread(target=self._pass, args=(client, server, "request"), daemon=True).start()
                Thread(target=self._pass, args=(server, client, "reply"), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, kind: str) -> None:
        with suppress(OSError):
            while said := one.recv(65536):
                losing: bytes | None = getattr(self, kind)
                if losing is not None and losing in said:
                    setattr(self, kind, None)
                    self.cut()
                    return
                if not self.silent:
                    other.sendall(said)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
