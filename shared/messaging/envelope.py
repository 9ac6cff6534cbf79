"""The envelope: CloudEvents 1.0 with the extensions of the agreement, as canonical JSON (RFC 8785)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from shared.contracts.base import Contract, Data
from shared.contracts.hashing import canonical
from shared.contracts.jsonschema import UUID_PATTERN
from shared.log.channels import envelope_hash
from shared.log.events import Stamp

MOST_BYTES = 512 * 1024
SEQUENCE_DIGITS = 20

_usual = re.compile(UUID_PATTERN).fullmatch

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`source`: `/party/incarnation of its log`. `time`: occurred; `recordedtime`: recorded by the publisher.
    `cases`: every case the event touches, space-separated, readable even where the data are not."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: Instant
    recordedtime: Instant
    sequence: str
    correlationid: str
    causationid: str = ""
    cases: str = ""
    dataschema: str
    datacontenttype: str
    data: Any

    @property
    def publisher(self) -> str:
        return self.source.removeprefix("/").partition("/")[0]

    @property
    def number(self) -> int:
        """The sequence. Raises ValueError where it is none."""
        if not (self.sequence.isascii() and self.sequence.isdigit() and self.sequence.strip("0")):
            raise ValueError(f"sequence is {self.sequence[:40]!r}, expected digits, from 1")
        return int(self.sequence)

    @property
    def case_ids(self) -> tuple[UUID, ...]:
        return tuple(UUID(case) for case in self.cases.split())


def seal(
    contract: Contract,
    stamp: Stamp,
    incarnation: UUID,
    subject: UUID,
    cases: Sequence[UUID],
    occurred: datetime,
    data: Data,
    sequence: int,
    recorded_at: datetime,
) -> bytes:
    """The bytes that stand on a channel. Raises ValueError beyond 512 KiB, before anything is committed."""
    envelope = {
        "specversion": "1.0",
        "id": str(stamp.event_id),
        "source": f"/{stamp.party}/{incarnation}",
        "type": contract.type,
        "subject": str(subject),
        "time": _instant(occurred),
        "recordedtime": _instant(recorded_at),
        "sequence": str(sequence).zfill(SEQUENCE_DIGITS),
        "correlationid": str(stamp.correlation),
        "dataschema": contract.dataschema,
        "datacontenttype": "application/json",
        "data": data,
    }
    if cases:
        envelope["cases"] = " ".join(map(str, cases))
    if stamp.causation:
        envelope["causationid"] = str(stamp.causation)
    sealed = canonical(envelope)
    if len(sealed) > MOST_BYTES:
        raise ValueError(
            f"{contract.name} of {subject} is {len(sealed)} bytes long, at most {MOST_BYTES} are sent"
        )
    return sealed


class Letter(msgspec.Struct, frozen=True):
    """An envelope as it came, with its canonical bytes: whatever carried it may have reordered it."""

    envelope: Envelope
    sealed: bytes

    @classmethod
    def read(cls, message: bytes) -> "Letter":
        """Raises ValueError (of which msgspec's errors are some) for what is no envelope."""
        if len(message) > 2 * MOST_BYTES:
            raise ValueError(f"{len(message)} bytes, at most {MOST_BYTES} are sent")
        try:
            sealed = canonical(msgspec.json.decode(message))
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        return cls(open_envelope(sealed), sealed)

    @property
    def hash(self) -> bytes:
        return envelope_hash(self.sealed)


def open_envelope(sealed: bytes) -> Envelope:
    """Raises ValueError for what is no envelope."""
    envelope = msgspec.json.decode(sealed, type=Envelope)
    if envelope.specversion != "1.0":
        raise ValueError(f"specversion is {envelope.specversion!r}, expected '1.0'")
    if envelope.datacontenttype != "application/json":
        raise ValueError(f"datacontenttype is {envelope.datacontenttype!r}, expected 'application/json'")
    root, _, incarnation = envelope.source.removeprefix("/").partition("/")
    if not (root and envelope.source.startswith("/")):
        raise ValueError(f"source is {envelope.source!r}, expected '/party/incarnation'")
    ids = [envelope.id, envelope.subject, envelope.correlationid, incarnation]
    ids += envelope.cases.split(" ") if envelope.cases else []
    ids += [envelope.causationid] if envelope.causationid else []
    for id in ids:
        if not _usual(id):
            raise ValueError(f"{id[:100]!r} is no id, or not in the usual form")
    envelope.number  # Reading it is the check that it can be read.
    return envelope


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
