"""A channel over a real topic: the police's relay at one end, the committee's puller at the other."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

from shared.agreement.parties import Channel
from shared.log.application import AgencyLog
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.binding import to_record
from shared.messaging.kafka.clients import open_producer
from shared.messaging.kafka.reader import TopicReader
from shared.messaging.kafka.relay import Relay
from shared.messaging.puller import Puller
from tests.support.kernel import Hearer
from tests.support.peers import CHANNEL, Peers

PATIENCE = 60.0
"""Seconds that a test waits for what must come."""


class Wire:
    """Both ends; each may be taken off and put on again, as a process that ends and is started."""

    def __init__(
        self, access: BrokerAccess, log: AgencyLog, hearer: Hearer, channel: Channel = CHANNEL
    ) -> None:
        self.access, self.log, self.hearer, self.channel = access, log, hearer, channel
        self.new_relay()
        self.new_puller()

    def new_relay(self) -> Relay:
        self.relay = Relay(self.access, self.log, self.channel, Event())
        return self.relay

    def new_puller(self) -> Puller:
        stopping = Event()
        self.reader = TopicReader(self.access, self.channel, self.hearer.inbox, stopping)
        self.puller = Puller(self.hearer.inbox, self.channel, self.reader, stopping)
        return self.puller

    def start(self) -> "Wire":
        self.relay.start()
        self.puller.start()
        return self

    def end_relay(self) -> None:
        self.relay.stopping.set()
        self.log.wake()
        if self.relay.ident:
            self.relay.join(PATIENCE)
        self.relay.close()

    def end_puller(self) -> None:
        self.puller.stopping.set()
        if self.puller.ident:
            self.puller.join(PATIENCE)
        self.reader.close()

    def end(self) -> None:
        self.end_relay()
        self.end_puller()

    def copy_all(self) -> None:
        while self.relay.copy():
            pass

    def pull(self) -> bool:
        """One fetch without waiting long."""
        return self.puller.pull()

    def told(self) -> tuple[int, bytes]:
        return self.log.books.head("told", self.channel.name)

    def heard(self) -> tuple[int, bytes]:
        return self.hearer.log.books.head("heard", self.channel.name)

    def stepped(self, messages: int) -> Callable[[], bool]:
        """Whether so many more were heard than now, or all."""
        goal = min(self.heard()[0] + messages, self.told()[0])
        return lambda: self.heard()[0] >= goal

    def wait_until_heard(self) -> None:
        """Until the hearer has all that was told by now, the same bytes in the same order."""
        told = self.told()
        wait_until(lambda: self.heard()[0] >= told[0], lambda: f"{self.puller.line}, {self.relay.line}")
        assert self.heard() == told


@contextmanager
def wired(access: BrokerAccess, peers: Peers) -> Iterator[Wire]:
    wire = Wire(access, peers.police, peers.hearer)
    try:
        yield wire
    finally:
        wire.end()


def wait_until(
    true: Callable[[], bool], what: Callable[[], object] = lambda: "", seconds: float = PATIENCE
) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, f"after {seconds} s: {what()}"
        time.sleep(0.02)


def put(access: BrokerAccess, channel: Channel, *envelopes: bytes) -> None:
    """Write messages to a topic as somebody does who is not our relay."""
    put_records(access, channel, *map(to_record, envelopes))


def put_records(
    access: BrokerAccess, channel: Channel, *records: tuple[list[tuple[str, bytes]], bytes | None]
) -> None:
    producer: Any = open_producer(access, channel.publisher)
    try:
        for headers, value in records:
            producer.send(
                access.topic(channel), value=value, key=None if value else b"k", headers=headers, partition=0
            )
        producer.flush(PATIENCE)
    finally:
        producer.close(PATIENCE)
