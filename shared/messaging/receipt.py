"""The receipt of an event: its bytes as they came, kept for ever."""

from uuid import UUID

from shared.agreement.parties import Agreement, Channel
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


def read_event(heard: EventHeard, agreement: Agreement) -> HeardEvent:
    """The contract event in a receipt. Raises NotInContract where it is none, whatever was known when it came."""
    event = understand(Channel.named(heard.channel), open_envelope(heard.envelope.encode()))
    if not heard.understood:
        verify(event, agreement)
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


def verify(event: HeardEvent, agreement: Agreement) -> None:
    """Whether the publisher may say this, for this commune, to this hearer, and the data fit the contract.

    Raises NotInContract, saying what does not fit.
    """
    contract, publisher = event.contract, agreement.party(event.publisher)
    hearer = agreement.party(event.hearer).agency
    if not isinstance(event.data, dict):
        raise NotInContract(f"{contract.name}: data are no object")
    try:
        wrong = contract.seen_by(hearer, event.data).validate(event.data)
    except KeyError as error:
        raise NotInContract(f"{contract.name} is not told to the {hearer}") from error
    if wrong:
        raise NotInContract(f"{contract.name}: {wrong}")
    if publisher.agency is not contract.publisher:
        raise NotInContract(f"{contract.type} is not {publisher.code}'s to publish")
    commune = event.data.get("commune")
    if commune is not None and commune not in {each.code for each in agreement.communes_of(publisher)}:
        raise NotInContract(f"{publisher.code} does not speak for commune {commune}")
