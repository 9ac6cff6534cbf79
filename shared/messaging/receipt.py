"""The receipt of an event: its bytes as they came, kept for ever."""

from uuid import UUID

from shared.agreement.parties import Channel
from shared.contracts.base import Contract
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


def read_event(heard: EventHeard) -> HeardEvent:
    """The contract event in a receipt. Raises NotInContract."""
    return understand(
        Channel.named(heard.channel), open_envelope(heard.envelope.encode()), verified=heard.understood
    )


def understand(channel: Channel, envelope: Envelope, *, verified: bool = False) -> HeardEvent:
    """Read an envelope by its contract, and verify it unless that was done when it came.

    Raises NotInContract, saying what does not fit.
    """
    contract = REGISTRY.by_type.get(envelope.type)
    if contract is None:
        raise NotInContract(f"unknown type {envelope.type}")
    if not verified:
        _verify(contract, envelope.data)
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


def _verify(contract: Contract, data: object) -> None:
    if not isinstance(data, dict):
        raise NotInContract(f"{contract.name}: data are no object")
    if not any(set(data) == set(to.fields) for to in contract.to):
        raise NotInContract(f"{contract.name}: not the fields that any recipient may see")
    if wrong := contract.whole.validate(data, partial=True):
        raise NotInContract(f"{contract.name}: {wrong}")
