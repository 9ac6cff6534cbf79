"""The steps of an event heard: what our reaction does about it as a whole and for each case it touches."""

from collections.abc import Sequence
from uuid import UUID

from eventsourcing.persistence import PersistenceError

from shared.log.application import UnitOfWork
from shared.messaging.parking import ParkedCase, is_parked, parked_id
from shared.messaging.reactions import NOT_OF_INTEREST, HeardEvent, Reaction, Reactions

STORE_TROUBLE = (PersistenceError, OSError, MemoryError)
"""Not the event's fault: nothing was recorded, nothing is parked, it is tried again later."""


class StepFailed(Exception):
    """A reaction raised; its case is to be parked."""

    def __init__(self, key: UUID, cause: Exception) -> None:
        super().__init__(str(cause))
        self.key = key
        self.cause = cause


class Waits(Exception):
    """An earlier step of the same event, or an earlier event of the same case, is parked."""

    code = "waits"


WAITS = Waits("waits behind an earlier one")


def reaction_to(event: HeardEvent, reactions: Reactions) -> Reaction:
    return reactions.get((event.contract.publisher, event.contract.name), NOT_OF_INTEREST)


def steps_of(event: HeardEvent, reaction: Reaction) -> dict[UUID, list[UUID | None]]:
    """What is to be done for an event, by the key it is parked under: for None the whole, else for a case.

    The subject comes first; it may be a case too.
    """
    steps: dict[UUID, list[UUID | None]] = {event.subject: [None]} if reaction.whole else {}
    for case in dict.fromkeys(event.cases) if reaction.each_case else ():
        steps.setdefault(case, []).append(case)
    return steps


def act(
    work: UnitOfWork, event: HeardEvent, reaction: Reaction, receipt: UUID, failed: dict[UUID, Exception]
) -> None:
    """Do every step that can be done, then park those named in `failed` and those that must wait.

    Raises StepFailed for another that cannot be done: the work is then of no use.
    """
    waiting: dict[UUID, Exception] = {}
    whole_waits = False
    for key, parts in steps_of(event, reaction).items():
        if key in failed:
            waiting[key] = failed[key]
        elif whole_waits or is_parked(work, event.hearer, key):
            waiting[key] = WAITS
        else:
            do_step(work, event, reaction, key, parts)
        whole_waits = whole_waits or (None in parts and key in waiting)
    for key, error in waiting.items():
        park(work, event.hearer, key, receipt, error)


def do_step(
    work: UnitOfWork, event: HeardEvent, reaction: Reaction, key: UUID, parts: Sequence[UUID | None]
) -> None:
    try:
        for case in parts:
            if case is None and reaction.whole:
                reaction.whole(work, event)
            elif case is not None and reaction.each_case:
                reaction.each_case(work, event, case)
        work.collect()  # What cannot be recorded or told is this step's fault.
    except STORE_TROUBLE:
        raise
    except Exception as error:
        raise StepFailed(key, error) from error


def park(work: UnitOfWork, office: str, key: UUID, receipt: UUID, error: Exception) -> None:
    code = str(getattr(error, "code", type(error).__name__))
    parked = work.get_or_new(ParkedCase, parked_id(office, key))
    parked.park(work.now, office, key, receipt, code, f"{type(error).__name__}: {error}")
