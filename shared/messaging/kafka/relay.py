"""Telling a channel on its topic: what stands in `told` is copied, byte for byte; no domain code runs.

A page of messages is one record batch, which the broker appends whole or not at all, and the next page
waits for its acknowledgement. So whatever fails, and however often a page is sent, every run of messages
on the topic begins at or before the end of what is there: there may be duplicates, never a gap.
"""

import logging
import random
from contextlib import suppress
from threading import Event, Thread
from typing import Any

from eventsourcing.persistence import IntegrityError, Tracking
from kafka import TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError

from shared.agreement.parties import Channel
from shared.log.application import AgencyLog
from shared.log.channels import Message
from shared.messaging.carrier import PeerTrouble
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.binding import NoEvent, from_record, sequence_of, to_record
from shared.messaging.kafka.clients import BATCH_BYTES, DELIVERY_MILLISECONDS, consuming, open_producer
from shared.messaging.kafka.reader import CALL_MILLISECONDS
from shared.messaging.kafka.troubles import trouble_of
from shared.messaging.puller import FIRST_PAUSE, LONGEST_PAUSE, Line
from shared.messaging.relayed import relayed, relays_after

logger = logging.getLogger(__name__)

PAGE = 200
PAGE_BYTES = BATCH_BYTES // 2
"""So that a page with its headers is sure to fit one batch; a longer single message gets a batch of its own."""
SLACK_SECONDS = 10.0
LOOK_AGAIN = 0.5
"""Seconds after which `told` is looked at though nothing was recorded in this process."""


class Relay(Thread):
    """One thread and one producer per channel, so that a topic in trouble holds nobody else up."""

    def __init__(self, access: BrokerAccess, log: AgencyLog, channel: Channel, stopping: Event) -> None:
        super().__init__(name=f"relay {channel.name}", daemon=True)
        self.access = access
        self.log = log
        self.channel = channel
        self.stopping = stopping
        self.topic = access.topic(channel)
        self.line = Line(channel.name, carrier="kafka")
        self._producer: Any = None
        self._position = 0

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self._copy_until_trouble()
        finally:
            self.close()

    def copy(self) -> bool:
        """Copy one page; False when there was nothing to copy. Raises PeerTrouble."""
        try:
            if self._producer is None:
                self._position = self._begin()
                self._producer = open_producer(self.access, self.channel.publisher)
            page = self._next_page()
            if page:
                self._send(page)
                self._position = page[-1].sequence
                self._note()
        except KafkaError as error:
            self.close()
            raise trouble_of(self.access, self.channel.publisher, self.topic, error) from error
        except BaseException:
            self.close()
            raise
        return bool(page)

    def _copy_until_trouble(self) -> None:
        growth = self.log.growth
        try:
            copied = self.copy()
        except PeerTrouble as trouble:
            if trouble.code != self.line.state:
                logger.warning("%s: %s: %s", self.name, trouble.code, trouble.reason)
            self.line.set(trouble.code, trouble.reason)
        except Exception as error:  # The store's trouble: nothing is lost, it is all in `told`.
            logger.exception("%s: %s", self.name, type(error).__name__)
            self.line.set("failing", f"{type(error).__name__}: {error}")
        else:
            self.line.set("relaying")
            self.line.head = self._position
            if not copied:
                self.log.wait_for_growth(growth, LOOK_AGAIN)
            return
        self.stopping.wait(self._pause())

    def _begin(self) -> int:
        """The sequence up to which the topic has the channel: the topic itself says. Raises PeerTrouble, KafkaError."""
        told, _ = self.log.books.head("told", self.channel.name)
        end, last = self._last_record()
        if last is None:
            # Emptied by retention it goes on; a topic that never held anything is given everything.
            return relayed(self.log, self.channel) if end else relays_after(self.log, self.channel)
        try:
            sequence, envelope = sequence_of(last.headers), from_record(last.headers, last.value)
        except NoEvent as error:
            raise PeerTrouble("changed", f"{self.topic} offset {last.offset} is not ours: {error}") from error
        if sequence > told:
            reason = (
                f"{self.topic} holds {sequence} messages, our log {told}: was it restored from a back-up?"
            )
            raise PeerTrouble("ahead", reason)
        (ours,) = self.log.books.select_told(self.channel.name, sequence - 1, 1)
        if ours.envelope != envelope:
            raise PeerTrouble("changed", f"{self.topic} has another message {sequence} than our log")
        return sequence

    def _last_record(self) -> tuple[int, Any]:
        """(end offset, the topic's last record or None)."""
        partition = TopicPartition(self.topic, 0)
        with consuming(self.access, self.channel.publisher, self.topic) as consumer:
            first = consumer.beginning_offsets([partition], CALL_MILLISECONDS)[partition]
            end = consumer.end_offsets([partition], CALL_MILLISECONDS)[partition]
            if first == end:
                return end, None
            consumer.seek(partition, end - 1)
            records = consumer.poll(CALL_MILLISECONDS).get(partition)
        if not records:
            raise KafkaTimeoutError(f"the last record of {self.topic} does not come")
        return end, records[-1]

    def _next_page(self) -> list[Message]:
        page, size = list[Message](), 0
        for message in self.log.books.select_told(self.channel.name, self._position, PAGE):
            size += len(message.envelope)
            if page and size > PAGE_BYTES:
                break
            page.append(message)
        return page

    def _send(self, page: list[Message]) -> None:
        """Send a page as one batch and wait until the broker has it. Raises PeerTrouble, KafkaError."""
        acks = []
        for message in page:
            headers, value = to_record(message.envelope)
            acks.append(self._producer.send(self.topic, value=value, headers=headers, partition=0))
        try:
            self._producer.flush(DELIVERY_MILLISECONDS / 1000 + SLACK_SECONDS)
        except KafkaTimeoutError as error:
            raise PeerTrouble("stalled", "the Kafka client neither delivers nor gives up") from error
        for ack in acks:
            ack.get(timeout=0)

    def _note(self) -> None:
        """Remember what the broker has: for the status, and for a topic that retention emptied."""
        with suppress(IntegrityError):  # It was further already: the topic was made anew and filled again.
            self.log.books.insert_tracking(Tracking(f"relay/{self.channel.name}", self._position))

    def close(self) -> None:
        """Give the producer up: after an error that is no time-out it would refuse everything for ever."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            with suppress(KafkaTimeoutError):
                producer.close(timeout=SLACK_SECONDS)

    def _pause(self) -> float:
        longest = min(FIRST_PAUSE * 2 ** min(self.line.failures, 20), LONGEST_PAUSE)
        return random.uniform(longest / 2, longest)  # noqa: S311 - no secret
