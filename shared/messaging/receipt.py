"""The receipt of an event: its bytes as they came, kept for ever."""

from uuid import UUID

from shared.agreement.parties import Agency, Channel
from shared.contracts.registry import REGISTRY
from shared.log.application import natural_id
from shared.log.channels import envelope_hash
from shared.log.events import Aggregate, Event
from shared.messaging.envelope import Envelope, open_envelope
from shared.messaging.reactions import HeardEvent


class EventHeard(Event, frozen=True, kw_only=True):
    """`envelope`: canonical JSON, byte for byte what the publisher sealed. `understood`: it fitted its
    contract when it came; one that did not may be understood by a later program."""

    TOPIC = "messaging/event.heard"
    channel: str
    sequence: int
    envelope: str
    understood: bool = True


class Receipt(Aggregate):
    """One per channel and event id."""

    heard: EventHeard

    def when(self, event: EventHeard) -> None:
        self.heard = event

    @property
    def hash(self) -> bytes:
        return envelope_hash(self.heard.envelope.encode())


class NotInContract(Exception):
    """The event is none that its publisher may tell this hearer, or its data do not fit the contract."""


def receipt_id(channel: Channel, event_id: str) -> UUID:
    return natural_id("receipt", channel.name, event_id)


def read_event(heard: EventHeard, hearer: Agency) -> HeardEvent:
    """The contract event in a receipt of an office of agency `hearer`. Raises NotInContract."""
    event = understand(Channel.named(heard.channel), open_envelope(heard.envelope.encode()))
    if not heard.understood:
        verify(event, hearer)
    return event


def understand(channel: Channel, envelope: Envelope) -> HeardEvent:
    """An envelope by its contract, its data taken as they are. Raises NotInContract for an unknown type."""
    contract = REGISTRY.by_type.get(envelope.type)
    if contract is None:
        raise NotInContract(f"unknown type {envelope.type}")
    return HeardEvent(
        contract,
        channel.publisher,
        channel.hearer,
        UUID(envelope.id),
        UUID(envelope.subject),
        envelope.case_ids,
        envelope.time,
        envelope.data,
    )


def verify(event: HeardEvent, hearer: Agency) -> None:
    """Raises NotInContract, saying what does not fit what an office of agency `hearer` may be told."""
    name = event.contract.name
    if not isinstance(event.data, dict):
        raise NotInContract(f"{name}: data are no object")
    try:
        wrong = event.contract.seen_by(hearer, event.data).validate(event.data)
    except KeyError as error:
        raise NotInContract(f"{name} is not told to the {hearer}") from error
    if wrong:
        raise NotInContract(f"{name}: {wrong}")
