"""CloudEvents' binary binding for Kafka: attributes as headers, data as the value; and back.

The envelope is canonical JSON, so what comes back is the publisher's own bytes, with its own hash.
"""

from collections.abc import Sequence

import msgspec

from shared.contracts.hashing import canonical
from shared.messaging.envelope import SEQUENCE_DIGITS

PREFIX = "ce_"
CONTENT_TYPE = "content-type"
MOST_HEADERS = 64
MOST_MESSAGE_BYTES = 2 * 1024 * 1024
"""Of a batch on a topic: one event is at most 512 KiB, a page of them little more."""

Headers = Sequence[tuple[str, bytes]]

_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text = msgspec.json.Decoder(str)


class NoEvent(ValueError):
    """A record that is no CloudEvent in the binary binding."""


def to_record(envelope: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """(headers, value) of a sealed envelope; the value is its data, byte for byte."""
    parts = _parts.decode(envelope)
    value = bytes(parts.pop("data"))
    return [(_header(name), _text.decode(raw).encode()) for name, raw in parts.items()], value


def from_record(headers: Headers, value: bytes | None) -> bytes:
    """The envelope of a record, as canonical JSON. Raises NoEvent."""
    if value is None:
        raise NoEvent("a record without a value")
    envelope = _attributes(headers)
    try:
        envelope["data"] = msgspec.json.decode(value)
        return canonical(envelope)
    except (ValueError, RecursionError) as error:
        raise NoEvent(f"data that are no canonical JSON: {error}") from error


def sequence_of(headers: Headers) -> int:
    """The number of a record on its channel. Raises NoEvent."""
    value = dict(headers).get(f"{PREFIX}sequence") or b""
    if not (len(value) == SEQUENCE_DIGITS and value.isdigit()):
        raise NoEvent(f"{PREFIX}sequence is {value[:40]!r}, expected {SEQUENCE_DIGITS} digits")
    return int(value)


def _header(attribute: str) -> str:
    return CONTENT_TYPE if attribute == "datacontenttype" else PREFIX + attribute


def _attributes(headers: Headers) -> dict[str, str]:
    """Headers that are no attributes are left out: tracing on the way adds such."""
    if len(headers) > MOST_HEADERS:
        raise NoEvent(f"{len(headers)} headers, at most {MOST_HEADERS} are read")
    attributes: dict[str, str] = {}
    for header, value in headers:
        name = "datacontenttype" if header.lower() == CONTENT_TYPE else header.removeprefix(PREFIX)
        if name == header:
            continue
        if name in attributes or name == "data":
            raise NoEvent(f"header {header} twice, or none of CloudEvents")
        try:
            attributes[name] = value.decode()
        except (UnicodeDecodeError, AttributeError) as error:
            raise NoEvent(f"header {header} is no text: {error}") from error
    return attributes
