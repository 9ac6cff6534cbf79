"""What the log keeps of channels: messages told and heard, and the chain of their hashes."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Side = Literal["told", "heard"]

NOTHING = bytes(32)
"""The digest of a channel on which nothing was said yet."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """A message to be told. `seal` makes its bytes from the sequence and the time of recording, which are
    known only under the writer lock; from then on they never change."""

    channel: str
    event_id: str
    seal: Callable[[int, datetime], bytes]


@dataclass(frozen=True, slots=True)
class Heard:
    """A message heard: `sequence` must follow the channel's head."""

    channel: str
    sequence: int
    event_id: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands on a channel; `envelope` is byte-identical for ever."""

    channel: str
    sequence: int
    event_id: str
    envelope: bytes
    recorded_at: datetime


def envelope_hash(envelope: bytes) -> bytes:
    """SHA-256 over an envelope's canonical JSON."""
    return hashlib.sha256(envelope).digest()


def chain(digest: bytes, hash: bytes) -> bytes:
    """The digest of a channel after one more message: SHA-256(digest so far, hash of the envelope).

    The envelope holds its own sequence, so the order is bound too.
    """
    return hashlib.sha256(digest + hash).digest()


def to_micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
