"""A peer that answers with whatever bytes the test wants, or not at all."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

Answer = Callable[[socket.socket, Event], None]
"""Given the connection, after a request came on it, and an event that is set when the test is over."""


class RubbishPeer:
    """Serves each connection with the next of `answers`, the last one for ever. `asked`: requests seen;
    `asked_at`: when, in seconds of the machine's time."""

    def __init__(self, *answers: Answer, port: int = 0) -> None:
        self.answers = list(answers)
        self.over = Event()
        self.asked: list[bytes] = []
        self.asked_at: list[float] = []
        self._listening = socket.create_server(("127.0.0.1", port))
        self._threads: list[Thread] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._start(self._accept)

    def stop(self) -> None:
        self.over.set()
        # Wakes the thread that accepts; closing alone would not.
        with suppress(OSError):
            socket.create_connection(self._listening.getsockname(), 1).close()
        for thread in self._threads:
            thread.join(10)
        self._listening.close()

    def _start(self, act: Callable[[], None]) -> None:
        thread = Thread(target=act, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.over.is_set():
            connection, _ = self._listening.accept()
            self._start(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(10)
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(65536)
                if not piece:
                    return
                request += piece
            self.asked.append(request)
            self.asked_at.append(time.monotonic())
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            answer(connection, self.over)


@contextmanager
def rubbish_peer(*answers: Answer, port: int = 0) -> Iterator[RubbishPeer]:
    peer = RubbishPeer(*answers, port=port)
    try:
        yield peer
    finally:
        peer.stop()


def answering(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> Answer:
    """An HTTP answer, after which it hangs up and says so; `length` is what it claims to be long."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers]

    def answer(connection: socket.socket, _over: Event) -> None:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return answer


def saying(raw: bytes) -> Answer:
    """Bytes that need not be HTTP; then it hangs up."""

    def answer(connection: socket.socket, _over: Event) -> None:
        connection.sendall(raw)

    return answer


def silent(connection: socket.socket, over: Event) -> None:
    """Never answers."""
    over.wait(30)


def dripping(body: bytes, seconds: float) -> Answer:
    """Begins an answer and goes on byte by byte, each after so many seconds, for as long as anybody listens."""

    def answer(connection: socket.socket, over: Event) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for byte in body:
            connection.sendall(bytes([byte]))
            if over.wait(seconds):
                return

    return answer
