"""Listening to a channel: fetch, hear, and back off when the peer is down, slow or talks rubbish."""

import logging
import random
from datetime import datetime
from threading import Event, Lock, Thread
from typing import Protocol

import msgspec

from shared.agreement.parties import Channel
from shared.log.clock import system_clock
from shared.messaging.carrier import PeerTrouble, Unreadable
from shared.messaging.inbox import Inbox

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
"""Seconds between attempts: doubled at each failure, with some chance so that offices do not call in step."""


class Carrier(Protocol):
    def fetch(
        self, channel: Channel, last_event_id: str | None, wait: float = ...
    ) -> tuple[list[bytes], int | None]: ...


class Line(msgspec.Struct):
    """How it stands with a channel we listen to. `since`: the machine's time."""

    channel: str
    state: str = "starting"
    trouble: str | None = None
    failures: int = 0
    since: datetime = msgspec.field(default_factory=system_clock)
    head: int | None = None
    carrier: str = "feed"

    def set(self, state: str, trouble: str | None = None) -> None:
        if state != self.state:
            self.since = system_clock()
        self.failures = self.failures + 1 if trouble else 0
        self.state, self.trouble = state, trouble


class Puller(Thread):
    """One thread per channel, so that a silent peer holds nobody else up."""

    def __init__(self, inbox: Inbox, channel: Channel, carrier: Carrier, stopping: Event) -> None:
        super().__init__(name=f"puller {channel.name}", daemon=True)
        self.inbox = inbox
        self.carrier = carrier
        self.stopping = stopping
        self.channel = channel
        self.line = Line(channel.name)
        self._recording = Lock()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                heard = self.pull()
            except PeerTrouble as trouble:
                self.line.set(trouble.code, trouble.reason)
            except Exception as error:  # The store's trouble: nothing was recorded, so try again.
                logger.exception("%s: %s", self.name, type(error).__name__)
                self.line.set("failing", f"{type(error).__name__}: {error}")
            else:
                if heard:
                    continue
            self.stopping.wait(self._pause())

    def pull(self) -> bool:
        """One fetch; False when there is no use in asking again at once: a peer that has nothing to say
        should have waited, but may answer at once when many listen to it."""
        channel = self.channel
        if stop := self.inbox.stopped(channel):
            self.line.set("stopped", f"{stop.code}: {stop.reason}")
            return False
        try:
            messages, self.line.head = self.carrier.fetch(channel, self.inbox.last_event_id(channel))
        except Unreadable as error:
            with self._recording:
                self.inbox.refuse(channel, str(error))
            return False
        with self._recording:
            if self.stopping.is_set():
                return False
            before = self.inbox.position(channel)
            after = self.inbox.hear(channel, messages)
        self.line.set("listening")
        return after > before

    def wait_for_recording(self, seconds: float) -> bool:
        """After `stopping` was set: return once nothing is or will be recorded; False when that took too long.

        A fetch may go on waiting for the peer; what it brings is not heard any more.
        """
        if not self._recording.acquire(timeout=seconds):
            return False
        self._recording.release()
        return True

    def _pause(self) -> float:
        if not self.line.failures:
            return FIRST_PAUSE
        longest = min(FIRST_PAUSE * 2 ** min(self.line.failures, 20), LONGEST_PAUSE)
        return random.uniform(longest / 2, longest)  # noqa: S311 - no secret
