"""The typed stored form: an event is kept as the JSON of its fields, decoded by its class's types.

The stored topic ends in `#version`, so that an old version is seen without reading its state. A class
at version n has static methods `upcast_v1_v2(state)` … which change the decoded JSON object in place.
"""

from typing import Any, cast
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent
from eventsourcing.utils import TopicError, resolve_topic

from shared.log.events import Event

_encode = msgspec.json.Encoder().encode
_decoders: dict[str, msgspec.json.Decoder[Any]] = {}


class Unrecordable(ValueError):
    """An event with facts that its class could not read back: a fault of the program, nothing is recorded."""


class TypedMapper(Mapper[UUID]):
    """Refuses a state that cannot be read: to write it with Unrecordable, to read it with
    MapperDeserialisationError."""

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        event = cast(Event, domain_event)
        topic = f"{event.TOPIC}#{event.VERSION}"
        try:
            state = _encode(event)
            _decoder(topic, type(event)).decode(state)
        except (TypeError, ValueError) as error:
            raise Unrecordable(f"{topic} of {event.originator_id} cannot be recorded: {error}") from error
        return StoredEvent(event.originator_id, event.originator_version, topic, state)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        try:
            decoder = _decoders.get(stored_event.topic)
            if decoder is not None:
                return cast(DomainEventProtocol[UUID], decoder.decode(stored_event.state))
            return cast(DomainEventProtocol[UUID], self._decode_first(stored_event))
        except (TopicError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise MapperDeserialisationError(
                f"stored event {stored_event.topic} of {stored_event.originator_id}, version "
                f"{stored_event.originator_version}, cannot be read: {error}"
            ) from error

    @staticmethod
    def _decode_first(stored_event: StoredEvent) -> Event:
        topic, _, version = stored_event.topic.partition("#")
        kind: type[Event] = resolve_topic(topic)
        if int(version) > kind.VERSION:
            raise ValueError(f"version {version} is newer than this program, which knows {kind.VERSION}")
        if int(version) == kind.VERSION:
            return cast(Event, _decoder(stored_event.topic, kind).decode(stored_event.state))
        state = msgspec.json.decode(stored_event.state)
        for old in range(int(version), kind.VERSION):
            getattr(kind, f"upcast_v{old}_v{old + 1}")(state)
        return msgspec.convert(state, kind)


def _decoder(topic: str, kind: type[Event]) -> msgspec.json.Decoder[Any]:
    known = _decoders.get(topic)
    if known is None:
        known = _decoders[topic] = msgspec.json.Decoder(kind)
    return known
