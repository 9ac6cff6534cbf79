"""The police's own events in the published language. Who is told of them the contracts say."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from services.police import list_events as lists
from services.police import person_events as persons
from services.police.entries import as_told
from services.police.facts import Particulars, Release
from shared.contracts.base import Data, Published
from shared.log.events import Event


def published(event: Event) -> Published | None:
    """What an event says to others, before the cut per recipient; None for what stays in the office."""
    say = _SAYINGS.get(type(event))
    return say(event) if say else None


def _of_person(event: persons.OfPerson, contract: str, flags: Iterable[str] = (), **facts: Any) -> Published:
    person_id = event.case.person_id
    data: Data = {"person_id": person_id, "commune": event.case.commune, **facts}
    return Published(contract, person_id, (person_id,), event.occurred, as_told(data), frozenset(flags))


def _released(event: persons.PersonRegistered) -> Published:
    return _release(event, "PersonReleased")


def _corrected(event: persons.ReleaseCorrected) -> Published:
    return _release(event, "ReleaseCorrected")


def _release(event: persons.PersonRegistered | persons.ReleaseCorrected, contract: str) -> Published:
    whole = _whole(event.particulars, event.release)
    return _of_person(event, contract, **whole, resident_since=event.resident_since)


def _whole(particulars: Particulars, release: Release) -> Data:
    return {"particulars": particulars, **as_told(release)}


def _retracted(event: persons.ReleaseRetracted) -> Published:
    return _of_person(event, "ReleaseRetracted", reason=event.reason)


def _residence(event: persons.ResidenceRegistered) -> Published:
    return _of_person(
        event, "ResidenceRegistered", particulars=event.particulars, resident_since=event.resident_since
    )


def _transferred(event: persons.PersonTransferred) -> Published:
    return _of_person(
        event,
        "ResidenceTransferred",
        ["bank_concerned"] if event.bank_concerned else [],
        to_commune=event.to_commune,
        transferred_on=event.transferred_on,
        **_whole(event.particulars, event.release),
    )


def _of_list(
    event: lists.OfList,
    contract: str,
    cases: Iterable[UUID],
    flags: Iterable[str] = (),
    *,
    month: bool = True,
    **facts: Any,
) -> Published:
    list_id = event.originator_id
    data: Data = {"list_id": list_id, "commune": event.commune, **facts}
    if month:
        data["month"] = event.month
    return Published(contract, list_id, tuple(cases), event.occurred, as_told(data), frozenset(flags))


def _sent(event: lists.ListSigned) -> Published:
    cases = [entry.person_id for entry in event.entries]
    return _of_list(
        event,
        "ListSentForConfirmation",
        cases,
        round=event.round,
        entries=event.entries,
        annex=event.annex,
    )


def _submitted(event: lists.ListSubmitted) -> Published:
    return _of_list(
        event,
        "ListSubmitted",
        [entry.person_id for entry in event.entries],
        round=event.round,
        entries=event.entries,
        content_hash=event.content_hash,
        document_no=event.document.number,
        document_on=event.document.dated,
        signer_name=event.signer.name,
        signer_title=event.signer.title,
    )


def _overdue(event: lists.ListFoundOverdue) -> Published:
    return _of_list(
        event,
        "ListOverdue",
        (),
        due_on=event.due_on,
        holder=event.holder,
        held_since=event.held_since,
    )


def _withdrawn(event: lists.EntryWithdrawn) -> Published:
    return _ended_as(event, "ListEntryWithdrawn", ["submitted"] if event.submitted else [])


def _ended(event: lists.EntryEnded) -> Published:
    return _ended_as(event, "EligibilityEnded")


def _ended_as(
    event: lists.EntryWithdrawn | lists.EntryEnded, contract: str, flags: Iterable[str] = ()
) -> Published:
    """One shape, no reason: why is not the others' concern."""
    return _of_list(
        event,
        contract,
        (event.person_id,),
        flags,
        month=False,
        entry_id=event.entry_id,
        person_id=event.person_id,
        ended_on=event.ended_on,
    )


def _entry_corrected(event: lists.EntryCorrected) -> Published:
    flags = ["submitted"] if event.submitted else []
    return _of_list(
        event, "ListEntryCorrected", (event.entry.person_id,), flags, month=False, entry=event.entry
    )


_SAYINGS: dict[type[Event], Callable[[Any], Published]] = {
    persons.PersonRegistered: _released,
    persons.ReleaseCorrected: _corrected,
    persons.ReleaseRetracted: _retracted,
    persons.ResidenceRegistered: _residence,
    persons.PersonTransferred: _transferred,
    lists.ListSigned: _sent,
    lists.ListSubmitted: _submitted,
    lists.ListFoundOverdue: _overdue,
    lists.EntryWithdrawn: _withdrawn,
    lists.EntryEnded: _ended,
    lists.EntryCorrected: _entry_corrected,
}
