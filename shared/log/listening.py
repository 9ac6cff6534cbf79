"""Hearing that another process of the service has recorded something: PostgreSQL's LISTEN, watched.

A notification only wakes; what is new is read from the log. Whoever waits looks by himself too, from time to
time, so a lost one costs patience and nothing else.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import psycopg

from shared.log.server import GROWN, ask, conninfo

logger = logging.getLogger(__name__)

QUIET_SECONDS = 2.0
"""After so long without a word the server is asked whether it is there."""
PAUSE_SECONDS = 1.0


class Listener(Thread):
    """Calls `wake` after each commit in the log's database, and whenever one may have been missed."""

    def __init__(self, dsn: str, wake: Callable[[], None]) -> None:
        super().__init__(name="listener", daemon=True)
        self._dsn = conninfo(dsn, "phoihop listener")
        self._wake = wake
        self._ending = Event()

    def run(self) -> None:
        while not self._ending.is_set():
            try:
                with psycopg.connect(self._dsn, autocommit=True) as session:
                    session.execute(f"LISTEN {GROWN}".encode())
                    self._wake()
                    self._listen(session)
            except psycopg.Error as error:
                logger.warning("not listening: %s", error)
                self._ending.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        self._ending.set()
        self.join(QUIET_SECONDS + PAUSE_SECONDS)

    def _listen(self, session: psycopg.Connection[Any]) -> None:
        while not self._ending.is_set():
            notified = [*session.notifies(timeout=QUIET_SECONDS, stop_after=1)]
            if notified:
                self._wake()
            else:
                ask(session)
