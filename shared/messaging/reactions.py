"""What an agency does when it hears something: the form in which a service declares it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.agreement.parties import Agency
from shared.contracts.base import Contract, Data
from shared.log.application import UnitOfWork
from shared.log.clock import local_day


@dataclass(frozen=True, slots=True)
class HeardEvent:
    """A published event as an office heard it: verified, its data fitting the contract.

    `publisher` and `hearer` are parties' codes. `data` holds JSON values; `at` reads one as a date.
    """

    contract: Contract
    publisher: str
    hearer: str
    event_id: UUID
    subject: UUID
    cases: tuple[UUID, ...]
    occurred: datetime
    data: Data

    def id(self, field: str) -> UUID:
        return UUID(self.data[field])

    def day(self, field: str) -> date:
        return date.fromisoformat(self.data[field])

    def get(self, field: str) -> Any:
        return self.data.get(field)

    @property
    def occurred_on(self) -> date:
        return local_day(self.occurred)


Act = Callable[[UnitOfWork, HeardEvent], None]
ActOnCase = Callable[[UnitOfWork, HeardEvent, UUID], None]


@dataclass(frozen=True, slots=True)
class Reaction:
    """`whole` is done once for the event, `each_case` once per case it touches.

    A reaction that raises parks its case (for `each_case`, that case alone) until somebody has looked.
    """

    whole: Act | None = None
    each_case: ActOnCase | None = None


NOT_OF_INTEREST = Reaction()
"""The event is kept and shows in the case file; this agency decides nothing on it."""

Reactions = Mapping[tuple[Agency, str], Reaction]
"""By publishing agency and event name; every contract told to the agency has an entry."""
