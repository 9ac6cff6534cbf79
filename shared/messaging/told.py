"""Who is told of an event, with which fields: decided once, with the event, and written in its commit."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from shared.agreement.parties import Agency, Agreement, Channel
from shared.contracts.base import Contract, Data, Published, To
from shared.contracts.registry import REGISTRY
from shared.log.channels import Told
from shared.log.clock import local_day
from shared.log.events import Event
from shared.messaging.envelope import seal


class Unspeakable(Exception):
    """An event says something that its contract does not allow: a fault of the program, nothing is recorded."""


class Teller:
    """From an agency's own events to what its channels are told."""

    def __init__(
        self, agency: Agency, agreement: Agreement, published: Callable[[Event], Published | None]
    ) -> None:
        self.agency = agency
        self.agreement = agreement
        self.published = published

    def __call__(self, event: Event, incarnation: UUID) -> Sequence[Told]:
        """Raises Unspeakable."""
        publication = self.published(event)
        if publication is None:
            return ()
        contract = REGISTRY.get((self.agency, publication.contract))
        if contract is None:
            raise Unspeakable(f"{publication.contract} is not the {self.agency}'s to publish")
        if unknown := publication.flags - set(contract.flags):
            raise Unspeakable(f"{contract.name} has no flag {', '.join(sorted(unknown))}")
        if wrong := contract.whole.validate(publication.data):
            raise Unspeakable(f"{contract.name} of {publication.subject}: {wrong}")
        stamp = event.stamped
        return [
            Told(
                Channel(stamp.party, hearer).name,
                str(stamp.event_id),
                partial(
                    seal,
                    contract,
                    stamp,
                    incarnation,
                    publication.subject,
                    publication.cases if to.sees_cases else (),
                    publication.occurred,
                    contract.cut(publication.data, to),
                ),
            )
            for hearer, to in self._hearers(contract, publication, stamp.party).items()
        ]

    def _hearers(self, contract: Contract, publication: Published, publisher: str) -> dict[str, To]:
        if publication.only_hearer is not None:
            agency = self.agreement.party(publication.only_hearer).agency
            for to in contract.to:
                if to.agency is agency:
                    return {publication.only_hearer: to}
            raise Unspeakable(f"{contract.name} is not told to {publication.only_hearer}")
        hearers = {}
        for to in contract.to:
            if to.only_if is None or to.only_if in publication.flags:
                hearer = self._office(to, publication)
                if hearer is not None and hearer != publisher:
                    hearers[hearer] = to
        return hearers

    def _office(self, to: To, publication: Published) -> str | None:
        data: Data = publication.data
        office = self.agreement.office(to.agency, data[to.commune], local_day(publication.occurred))
        return None if office is None else office.code
