"""What the log can be asked, in whichever store it stands; and the rows that a commit adds to a channel."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from eventsourcing.persistence import IntegrityError, Notification, ProcessRecorder, StoredEvent

from shared.log.channels import (
    NOTHING,
    Heard,
    Message,
    Side,
    Told,
    chain,
    envelope_hash,
    from_micros,
    to_micros,
)
from shared.log.clock import Clock, system_clock

T = TypeVar("T", bytes, int, str)
Head = tuple[int, bytes]
"""Last sequence of a channel and the digest up to it."""
Heads = Callable[[Side, str], Head]
_LARGEST = 2**63 - 1
"""Number that either store knows."""
ToldRow = tuple[str, int, str, bytes, bytes, int]
"""channel, sequence, event_id, envelope, digest, recorded_at (microseconds): a row of `told`."""
HeardRow = tuple[str, int, str, bytes, int]
"""channel, sequence, event_id, digest, recorded_at: a row of `heard`."""


class RecordedNotification(Notification):
    """A notification that knows when it was recorded (microseconds since the epoch, UTC)."""

    recorded_micros: int


class Books(ProcessRecorder):
    """A recorder of events, of the two sides of channels, and of positions; `clock` is asked at each commit.

    `insert_events(events, told=…, heard=…, tracking=…)` is one commit. It raises IntegrityError when others
    wrote to the same aggregates or channels since they were read.
    """

    clock: Clock = staticmethod(system_clock)
    events_table_name: str

    @abstractmethod
    def _rows(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        """The rows of one query, its places marked `?`."""

    def _key(self, originator_id: UUID | str) -> object:
        """How the store keeps the id of an aggregate."""
        return originator_id

    def head(self, side: Side, channel: str) -> Head:
        """(last sequence, digest up to it) of a channel; (0, NOTHING) before its first message."""
        rows = self._rows(HEAD.format(side=side), channel)
        return (rows[0][0], rows[0][1]) if rows else (0, NOTHING)

    def digest_at(self, side: Side, channel: str, sequence: int) -> bytes | None:
        """The digest of a channel up to `sequence`, None where that is not reached."""
        if sequence == 0:
            return NOTHING
        query = f"SELECT digest FROM {side} WHERE channel=? AND sequence=?"
        return self._one(bytes, query, channel, sequence)

    def sequence_of(self, side: Side, channel: str, event_id: str) -> int | None:
        query = f"SELECT sequence FROM {side} WHERE channel=? AND event_id=?"
        return self._one(int, query, channel, event_id)

    def event_id_at(self, side: Side, channel: str, sequence: int) -> str | None:
        query = f"SELECT event_id FROM {side} WHERE channel=? AND sequence=?"
        return self._one(str, query, channel, sequence)

    def select_told(self, channel: str, after: int, limit: int) -> list[Message]:
        """Messages of a channel with sequence > `after`, in order, at most `limit`."""
        rows = self._rows(
            "SELECT sequence, event_id, envelope, recorded_at FROM told"
            " WHERE channel=? AND sequence>? ORDER BY sequence LIMIT ?",
            channel,
            after,
            limit,
        )
        return [Message(channel, r[0], r[1], r[2], from_micros(r[3])) for r in rows]

    def channels_told(self, event_id: str) -> list[str]:
        """The channels on which an event was told."""
        rows = self._rows("SELECT channel FROM told WHERE event_id=? ORDER BY channel", event_id)
        return [row[0] for row in rows]

    def channels(self, side: Side) -> list[str]:
        # From each channel straight to the next one: a channel may have a million messages.
        rows = self._rows(
            f"WITH RECURSIVE each(channel) AS (SELECT MIN(channel) FROM {side} UNION ALL"
            f" SELECT (SELECT MIN(channel) FROM {side} WHERE channel>each.channel) FROM each"
            " WHERE each.channel IS NOT NULL) SELECT channel FROM each WHERE channel IS NOT NULL"
        )
        return [row[0] for row in rows]

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """As the library's, which reads the originator's id from every row again: half of the time."""
        rows = self._rows(
            f"SELECT originator_version, topic, state FROM {self.events_table_name} WHERE originator_id=?"
            " AND originator_version>? AND originator_version<=?"
            f" ORDER BY originator_version {'DESC' if desc else 'ASC'} LIMIT ?",
            self._key(originator_id),
            -1 if gt is None else gt,
            _LARGEST if lte is None else lte,
            _LARGEST if limit is None else limit,
        )
        return [StoredEvent(originator_id, *row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[RecordedNotification]:
        """As the library's, each notification with its time of recording."""
        where, values = ["1=1"], list[Any]()
        if start is not None:
            where.append("notification_id>=?" if inclusive_of_start else "notification_id>?")
            values.append(start)
        if stop is not None:
            where.append("notification_id<=?")
            values.append(stop)
        if topics:
            where.append(f"topic IN ({','.join('?' * len(topics))})")
            values += topics
        rows = self._rows(
            "SELECT notification_id, originator_id, originator_version, topic, state, recorded_at"
            f" FROM {self.events_table_name} WHERE {' AND '.join(where)} ORDER BY notification_id LIMIT ?",
            *values,
            limit,
        )
        return [_notification(*row) for row in rows]

    def last_recorded_until(self, instant: datetime) -> int:
        """The notification id of the last event recorded at or before `instant` (UTC), 0 where none was."""
        last = self._one(
            int,
            f"SELECT notification_id FROM {self.events_table_name} WHERE recorded_at<=?"
            " ORDER BY recorded_at DESC, notification_id DESC LIMIT 1",
            to_micros(instant),
        )
        return last or 0

    def _one(self, kind: type[T], query: str, *values: object) -> T | None:
        rows = self._rows(query, *values)
        return kind(rows[0][0]) if rows else None


HEAD = "SELECT sequence, digest FROM {side} WHERE channel=? ORDER BY sequence DESC LIMIT 1"


class NewRows:
    """What a commit adds to its channels: messages sealed and chained, each after the one before it.

    `told` and `heard` are the rows, `reached` the heads after them. Raises IntegrityError for a message
    heard that does not follow.
    """

    def __init__(self, told: Sequence[Told], heard: Sequence[Heard], heads: Heads, now: int) -> None:
        self.reached: dict[tuple[Side, str], Head] = {}
        self._heads = heads
        self._now, self._at = now, from_micros(now)
        self.told = [self._seal(message) for message in told]
        self.heard = [self._follow(message) for message in heard]

    def _seal(self, message: Told) -> ToldRow:
        sequence, digest = self._head("told", message.channel)
        envelope = message.seal(sequence + 1, self._at)
        head = self.reached["told", message.channel] = sequence + 1, chain(digest, envelope_hash(envelope))
        return message.channel, head[0], message.event_id, envelope, head[1], self._now

    def _follow(self, message: Heard) -> HeardRow:
        sequence, digest = self._head("heard", message.channel)
        if message.sequence != sequence + 1:
            raise IntegrityError(f"{message.channel}: {message.sequence} does not follow {sequence}")
        head = self.reached["heard", message.channel] = sequence + 1, chain(digest, message.hash)
        return message.channel, head[0], message.event_id, head[1], self._now

    def _head(self, side: Side, channel: str) -> Head:
        return self.reached.get((side, channel)) or self._heads(side, channel)


def _notification(
    id: int, originator: UUID | str, version: int, topic: str, state: bytes, micros: int
) -> RecordedNotification:
    made = RecordedNotification.__new__(RecordedNotification)
    made.__dict__.update(  # Its frozen constructor takes three times as long, and the whole log is read through here.
        id=id,
        originator_id=originator if isinstance(originator, UUID) else UUID(originator),
        originator_version=version,
        topic=topic,
        state=state,
        recorded_micros=micros,
    )
    return made
