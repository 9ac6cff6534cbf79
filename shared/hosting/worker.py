"""The one worker of a service: listens and tells, ticks its days, carries out wishes, keeps its views.

A lock keeps a second worker waiting; it takes over when the first one is gone.
"""

import logging
import os
from threading import Event, Thread
from uuid import UUID

from shared.hosting.host import Host
from shared.hosting.lines import Lines
from shared.hosting.status import WorkerReport, write_report
from shared.hosting.ticks import tick_all
from shared.log.clock import system_clock
from shared.messaging.parked_view import parked
from shared.messaging.puller import LONGEST_PAUSE

logger = logging.getLogger(__name__)

LOOK_AGAIN = 1.0
"""Seconds after which the worker looks at clock and wishes though nothing was recorded here."""


class Worker(Thread):
    """Runs until `stop`. `trouble`: what fails at home."""

    def __init__(self, host: Host) -> None:
        super().__init__(name="worker", daemon=True)
        self.host = host
        self.stopping = Event()
        self.trouble: str | None = None
        self.lines: Lines | None = None
        self._leadership = host.leadership()

    def report(self) -> None:
        """Leave word of how it goes, for the status, which another process may show."""
        lines, relays = self.lines.report() if self.lines else ([], [])
        write_report(self.host.folder, WorkerReport(os.getpid(), system_clock(), self.trouble, lines, relays))

    def run(self) -> None:
        while not self.stopping.is_set():
            if self._leadership.take():
                self._lead()
            else:
                self.stopping.wait(LOOK_AGAIN)

    def stop(self) -> None:
        """Ask everything to end, and wait for what is being recorded."""
        self.stopping.set()
        self.host.service.log.wake()
        if self.ident is not None:
            self.join(LONGEST_PAUSE)

    def _lead(self) -> None:
        """Until it stops, or the leadership is lost."""
        ending = Event()
        self.lines = Lines(self.host, ending)
        try:
            self.lines.start()
            self._go_round()
        finally:
            ending.set()
            self.lines.end()
            self._leadership.release()

    def _go_round(self) -> None:
        log = self.host.service.log
        failures = 0
        while not self.stopping.is_set() and self._leadership.held():
            growth = log.growth
            try:
                behind = self.round()
                failures, self.trouble = 0, None
                self.report()
            except Exception as error:  # Nothing half-done was recorded: say so and try again.
                logger.exception("the worker's round failed")
                failures, behind = failures + 1, False
                self.trouble = f"{type(error).__name__}: {error}"
            if failures:
                self.stopping.wait(min(LOOK_AGAIN * 2**failures, LONGEST_PAUSE))
            elif not behind:
                log.wait_for_growth(growth, LOOK_AGAIN)

    def round(self) -> bool:
        """One round of everything that is not listening; True when there is more to do at once."""
        behind = tick_all(self.host.service)
        self.host.service.views.catch_up()
        with self.host.service.views.reading() as db:
            wishes = parked(db, wished=True)
        for wish in wishes:
            self.host.inbox.carry_out_wish(wish.office, UUID(wish.key))
        return behind
