"""Hearing a channel from its topic: one consumer, placed by our own database and by nothing else."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock
from typing import Any

from eventsourcing.persistence import IntegrityError, Tracking
from kafka import TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError

from shared.agreement.parties import Channel
from shared.messaging.carrier import PeerTrouble, Unreadable
from shared.messaging.inbox import Inbox
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.binding import NoEvent, from_record, sequence_of
from shared.messaging.kafka.clients import close_consumer, open_consumer
from shared.messaging.kafka.troubles import trouble_of

logger = logging.getLogger(__name__)

MOST_EVENTS = 100
POLL_SECONDS = 4.0
LOOK_MILLISECONDS = 500
"""How long a poll may last before it is seen that everything ends."""
CALL_MILLISECONDS = 8_000
MOST_STALLS = 2
"""Polls in a row that bring nothing though there is something: then the client is built anew."""
NOTE_SECONDS = 1.0
"""The offset is written down no more often: on a start, what came since is heard again as duplicates."""


class TopicReader:
    """The carrier of one channel, for one thread. `fetch` may be asked again and again for what was not heard."""

    def __init__(self, access: BrokerAccess, channel: Channel, inbox: Inbox, stopping: Event) -> None:
        self.access = access
        self.channel = channel
        self.topic = access.topic(channel)
        self.inbox = inbox
        self.stopping = stopping
        self._partition = TopicPartition(self.topic, 0)
        self._consumer: Any = None
        self._given: list[tuple[int, int]] = []
        self._heard_to: int | None = None
        self._noted = time.monotonic()
        self._stalls = 0
        self._fetching = Lock()

    def fetch(
        self,
        channel: Channel,
        last_event_id: str | None,  # noqa: ARG002 - a topic is asked by place, not by event
        wait: float = POLL_SECONDS,
    ) -> tuple[list[bytes], int | None]:
        """Messages behind our position, in the topic's order, and how far the topic goes.

        Waits up to `wait` seconds for one. Raises PeerTrouble; Unreadable when the next record is no event.
        """
        with self._fetching, self._troubles():
            if self.stopping.is_set():
                return [], None
            if self._consumer is None:
                self._consumer = self._open()
            self._go_on()
            records = self._poll(wait)
            if not records and not self.stopping.is_set():
                self._check_alive()
                return [], self.inbox.position(channel)
            return self._read(records)

    def close(self) -> None:
        if self._consumer is not None:
            consumer, self._consumer = self._consumer, None
            self._given = []
            close_consumer(consumer)

    def end(self, seconds: float) -> None:
        """After `stopping` was set, from another thread: close once a fetch under way has ended."""
        if self._fetching.acquire(timeout=seconds):
            try:
                self.close()
            finally:
                self._fetching.release()

    @contextmanager
    def _troubles(self) -> Iterator[None]:
        try:
            yield
        except OffsetOutOfRangeError as error:
            self._begin_again(error)
        except KafkaError as error:
            self.close()
            raise trouble_of(self.access, self.channel.hearer, self.topic, error) from error
        except PeerTrouble:
            self.close()
            raise

    def _open(self) -> Any:
        consumer = open_consumer(self.access, self.channel.hearer, self.topic)
        consumer.seek(self._partition, self._place(consumer))
        return consumer

    def _place(self, consumer: Any) -> int:
        """Where to begin: at the offset noted, where the topic still reaches so far, else at its beginning."""
        first = consumer.beginning_offsets([self._partition], CALL_MILLISECONDS)[self._partition]
        last = consumer.end_offsets([self._partition], CALL_MILLISECONDS)[self._partition]
        noted = self.inbox.log.books.max_tracking_id(f"offset/{self.channel.name}")
        if noted is not None and first <= noted <= last:
            return noted
        if noted is not None:
            logger.warning(
                "%s: offset %s is not in %s to %s; reading from %s", self.topic, noted, first, last, first
            )
        return int(first)

    def _begin_again(self, error: OffsetOutOfRangeError) -> None:
        """The topic is not the one it was: its beginning will show whether something is missing."""
        logger.warning("%s: %s; reading it from its beginning", self.topic, error)
        self._given = []
        self._consumer.seek_to_beginning(self._partition)
        raise PeerTrouble("moved", f"{self.topic} does not reach the offset where we were") from error

    def _go_on(self) -> None:
        """Where the last fetch was not heard to its end, give the rest of it again."""
        position = self.inbox.position(self.channel)
        for sequence, offset in self._given:
            if sequence > position:
                self._consumer.seek(self._partition, offset)
                break
            self._heard_to = offset + 1
        self._given = []
        self._note()

    def _note(self) -> None:
        if self._heard_to is None or time.monotonic() - self._noted < NOTE_SECONDS:
            return
        # A topic that was made anew begins at 0 again, and positions never go back: then it is read anew.
        with suppress(IntegrityError):
            self.inbox.log.books.insert_tracking(Tracking(f"offset/{self.channel.name}", self._heard_to))
        self._heard_to, self._noted = None, time.monotonic()

    def _poll(self, wait: float) -> list[Any]:
        ends = time.monotonic() + wait
        while not self.stopping.is_set():
            left = max(0, int((ends - time.monotonic()) * 1000))
            batches = self._consumer.poll(min(left, LOOK_MILLISECONDS), max_records=MOST_EVENTS)
            records: list[Any] = batches.get(self._partition, [])
            if records or not left:
                return records
        return []

    def _check_alive(self) -> None:
        """A broker that is away and a consumer that is stuck look the same to `poll`: nothing comes."""
        end = self._consumer.end_offsets([self._partition], CALL_MILLISECONDS)[self._partition]
        here = self._consumer.position(self._partition, CALL_MILLISECONDS)
        self._stalls = self._stalls + 1 if end > here else 0
        if self._stalls >= MOST_STALLS:
            self._stalls = 0
            raise PeerTrouble("stalled", f"{self.topic} has records {here} to {end - 1}, but none comes")

    def _read(self, records: list[Any]) -> tuple[list[bytes], int | None]:
        messages = list[bytes]()
        self._stalls = 0
        for record in records:
            try:
                sequence, message = sequence_of(record.headers), from_record(record.headers, record.value)
            except NoEvent as error:
                if messages:  # What stands before it is heard first.
                    self._consumer.seek(self._partition, record.offset)
                    break
                self._given = [(self.inbox.position(self.channel) + 1, record.offset)]
                raise Unreadable(f"{self.topic} offset {record.offset}: {error}") from error
            self._given.append((sequence, record.offset))
            messages.append(message)
        if not messages:
            return [], None
        behind = (self._consumer.highwater(self._partition) or 0) - 1 - self._given[-1][1]
        return messages, self._given[-1][0] + max(behind, 0)
