"""Parking: what could not be acted on waits by case (or by list), in order, until a person has looked.

Nobody else waits for it. Retry and discard are recorded as wishes; the one worker that hears the channel
carries them out between batches, so nobody acts on a case from two sides.
"""

from datetime import datetime
from uuid import UUID

from shared.agreement.errors import Parked, Refused
from shared.log.application import UnitOfWork, natural_id
from shared.log.events import Aggregate, Event

MOST_WAITING = 1000


class StepParked(Event, frozen=True, kw_only=True):
    """What the event `receipt` asks for could not be done for this case. `reason` stays in this log."""

    TOPIC = "messaging/step.parked"
    office: str
    key: UUID
    receipt: UUID
    code: str
    reason: str


class StepQueued(Event, frozen=True, kw_only=True):
    """The event `receipt` waits behind an earlier one of the same case."""

    TOPIC = "messaging/step.queued"
    office: str
    key: UUID
    receipt: UUID


class StepFailedAgain(Event, frozen=True, kw_only=True):
    TOPIC = "messaging/step.failed_again"
    code: str
    reason: str


class StepDone(Event, frozen=True, kw_only=True):
    TOPIC = "messaging/step.done"
    receipt: UUID


class StepDiscarded(Event, frozen=True, kw_only=True):
    TOPIC = "messaging/step.discarded"
    receipt: UUID
    by: str
    why: str


class RetryWished(Event, frozen=True, kw_only=True):
    TOPIC = "messaging/retry.wished"
    by: str


class DiscardWished(Event, frozen=True, kw_only=True):
    TOPIC = "messaging/discard.wished"
    by: str
    why: str


class NothingParked(Refused):
    code = "nothing_parked"

    def __init__(self, key: UUID) -> None:
        super().__init__(f"Không có gì đang chờ ở {key}.", f"Nothing is parked under {key}.", key=str(key))


class ParkedCase(Aggregate):
    """The queue of one case (or list) at one office; empty again once all is done or discarded."""

    CALLED = "parked case"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.waiting: list[UUID] = []
        self.wish: RetryWished | DiscardWished | None = None

    def park(self, at: datetime, office: str, key: UUID, receipt: UUID, code: str, reason: str) -> None:
        if not self.waiting:
            self.trigger(
                StepParked, at, office=office, key=key, receipt=receipt, code=code, reason=reason[:2000]
            )
        elif self.waiting[0] == receipt:
            self.trigger(StepFailedAgain, at, code=code, reason=reason[:2000])
        elif receipt not in self.waiting:
            self.queue(at, office, key, receipt)

    def queue(self, at: datetime, office: str, key: UUID, receipt: UUID) -> None:
        """Raises OverflowError when more wait than a person could look through: the channel must stop."""
        if len(self.waiting) >= MOST_WAITING:
            raise OverflowError(f"{MOST_WAITING} events wait behind {key} already")
        self.trigger(StepQueued, at, office=office, key=key, receipt=receipt)

    def wish_retry(self, at: datetime, by: str, key: UUID) -> None:
        """Raises NothingParked."""
        self._check_parked(key)
        self.trigger(RetryWished, at, by=by)

    def wish_discard(self, at: datetime, by: str, key: UUID, why: str) -> None:
        """Raises NothingParked."""
        self._check_parked(key)
        self.trigger(DiscardWished, at, by=by, why=why)

    def done(self, at: datetime) -> None:
        self.trigger(StepDone, at, receipt=self.waiting[0])

    def discard(self, at: datetime, by: str, why: str) -> None:
        self.trigger(StepDiscarded, at, receipt=self.waiting[0], by=by, why=why)

    def _check_parked(self, key: UUID) -> None:
        if not self.waiting:
            raise NothingParked(key)

    def when(self, event: Event) -> None:
        match event:
            case StepParked() | StepQueued():
                self.waiting.append(event.receipt)
            case StepDone() | StepDiscarded():
                self.waiting.pop(0)
                self.wish = None
            case StepFailedAgain():
                self.wish = None
            case RetryWished() | DiscardWished():
                self.wish = event


def parked_id(office: str, key: UUID) -> UUID:
    return natural_id("parked", office, key)


def is_parked(work: UnitOfWork, office: str, case: UUID) -> bool:
    parked = work.find(ParkedCase, parked_id(office, case))
    return parked is not None and bool(parked.waiting)


def refuse_if_parked(work: UnitOfWork, office: str, case: UUID) -> None:
    """Raises Parked: while something about a case was not understood, nobody decides about money in it."""
    if is_parked(work, office, case):
        raise Parked(case)
