"""Leading the workers of a service whose log is in PostgreSQL."""

import logging
import time
from contextlib import suppress
from typing import Any

import psycopg

from shared.log.server import LEADING, ask, conninfo

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How long an answer of the server stands."""


class PostgresLeadership:
    """The server takes the lock back when the session of its holder ends (`shared.hosting.leading.Leadership`)."""

    def __init__(self, dsn: str) -> None:
        self._dsn = conninfo(dsn, "phoihop worker")
        self._session: psycopg.Connection[Any] | None = None
        self._looked = 0.0

    def take(self) -> bool:
        try:
            self._session = self._session or psycopg.connect(self._dsn, autocommit=True)
            (taken,) = ask(self._session, "SELECT pg_try_advisory_lock(%s, %s)", *LEADING)
        except psycopg.Error as error:
            logger.warning("nobody can lead: %s", error)
            self._hang_up()
            return False
        return bool(taken)

    def held(self) -> bool:
        if self._session is None:
            return False
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return True
        try:
            ask(self._session)
            self._looked = time.monotonic()
        except psycopg.Error as error:
            logger.warning("the session that leads is lost: %s", error)
            self._hang_up()
            return False
        return True

    def release(self) -> None:
        if self._session is not None:
            with suppress(psycopg.Error):
                ask(self._session, "SELECT pg_advisory_unlock_all()")
            self._hang_up()

    def _hang_up(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
