"""Serving an app with waitress: bounded, on loopback or behind a proxy that ends TLS, and stoppable."""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable

import waitress  # type: ignore[import-untyped]
from flask import Flask
from waitress import wasyncore

THREADS = 24  # a long poll holds one
CONNECTIONS = 200
CHANNEL_TIMEOUT = 90  # seconds a connection may do nothing
MAX_HEADER = 32 << 10  # bytes
STOP_GRACE = 5.0  # seconds given to requests under way


class Server:
    """Bound at once (`port` 0 takes a free one), serving from `run` until `stop`.

    `tls_proxy`: the address of the proxy that ends TLS and says so by X-Forwarded-Proto, X-Forwarded-Host
    and X-Forwarded-For; without one only a loopback `host` is served. Raises ValueError, OSError.
    """

    def __init__(
        self,
        app: Flask,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        threads: int = THREADS,
        connections: int = CONNECTIONS,
        tls_proxy: str | None = None,
    ) -> None:
        if tls_proxy is None and not is_loopback(host):
            raise ValueError(
                f"“{host}” can be reached from other machines: plain HTTP is served on loopback only, or "
                "behind a proxy that ends TLS (tls_proxy)"
            )
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._running = self._stopping = False
        proxy = {
            "trusted_proxy": tls_proxy,
            "trusted_proxy_headers": {"x-forwarded-proto", "x-forwarded-host", "x-forwarded-for"},
        }
        self._waitress = waitress.create_server(
            app,
            sockets=[self._socket],
            threads=threads,
            connection_limit=connections,
            channel_timeout=CHANNEL_TIMEOUT,
            max_request_header_size=MAX_HEADER,
            # A little above Flask's limit, so that a body just over it is answered with our own problem.
            max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + (64 << 10),
            clear_untrusted_proxy_headers=True,
            expose_tracebacks=False,
            ident=None,
            **(proxy if tls_proxy else {}),
        )

    def run(self) -> None:
        """Serve until `stop`; at once back when it was called before."""
        with self._lock:
            if self._stopping:
                return
            self._running = True
        try:
            self._waitress.run()
        finally:
            self._ended.set()

    def stop(self, grace: float = STOP_GRACE) -> None:
        """From any thread: take no more connections, let what is under way finish for `grace` seconds of the
        machine's clock, then close. May be called twice."""
        with self._lock:
            first, self._stopping = not self._stopping, True
        if not first:
            self._ended.wait(grace)
        elif not self._running:
            self._waitress.task_dispatcher.shutdown(timeout=grace)
            self._close_everything()
            self._ended.set()
        else:
            until = time.monotonic() + grace
            self._in_loop(self._close_the_door)
            self._waitress.task_dispatcher.shutdown(timeout=grace)
            while self._unsent() and time.monotonic() < until and not self._ended.is_set():
                self._ended.wait(0.02)
            self._in_loop(self._close_everything)
            self._ended.wait(grace)

    def _in_loop(self, act: Callable[[], None]) -> None:
        """Have the server's own thread do something; its sockets may be touched from nowhere else."""
        with contextlib.suppress(OSError, IndexError):  # the loop has ended already and closed its trigger
            self._waitress.trigger.pull_trigger(act)

    def _close_the_door(self) -> None:
        wasyncore.dispatcher.close(self._waitress)  # the listening socket only; the trigger is still needed

    def _close_everything(self) -> None:
        for channel in list(self._waitress.active_channels.values()):
            channel.handle_close()  # its buffers too, which may be files
        wasyncore.close_all(self._waitress._map, ignore_all=True)

    def _unsent(self) -> bool:
        return any(channel.total_outbufs_len for channel in list(self._waitress.active_channels.values()))


def serve(app: Flask, host: str, port: int, threads: int = THREADS, *, tls_proxy: str | None = None) -> None:
    """Serve until the process is told to end; see `Server` for a server that another thread can stop."""
    Server(app, host, port, threads=threads, tls_proxy=tls_proxy).run()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it; a name other than localhost counts as reachable."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
