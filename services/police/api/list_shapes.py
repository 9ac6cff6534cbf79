"""How the month's lists look in JSON: the documented schemas, and the functions that fill them."""

import sqlite3
from uuid import UUID

import marshmallow as ma

from services.police.api.shapes import CheckSchema, Json, many, maybe, show_checks
from services.police.borrower_list import BorrowerList, Status
from services.police.entries import Drafted, Entry
from services.police.list_events import EntryWithdrawn
from shared.contracts import common
from shared.contracts.base import Strict, code, commune_code, day, month, text, truth, uuid, whole


class ListSummarySchema(Strict):
    """`holder` has held the list since `held_since`; `late_holder` held it when the due day had passed."""

    list_id = uuid()
    month = month()
    due_on = day()
    status = code(*(status.value for status in Status))
    round = whole()
    holder = text()
    held_since = day()
    entries = whole()
    submitted_on = day(allow_none=True)
    late_holder = text(allow_none=True)


class LineSchema(Strict):
    """`entry` as it was sent (or drafted); `corrected` as it is now. `state`: drafted, sent, confirmed, struck,
    withdrawn, ended or rejected; `reason`: the code of it."""

    entry = ma.fields.Nested(common.Entry, required=True)
    corrected = maybe(common.Entry)
    conduct_good = truth(allow_none=True)
    social_evils = truth(allow_none=True)
    state = text()
    reason = text(allow_none=True)
    checks = many(CheckSchema)


class LeftOutSchema(Strict):
    person_id = uuid()
    failed = many(CheckSchema)


class ObjectionSchema(Strict):
    entry_id = uuid(allow_none=True)
    reason = text()


class ReturnSchema(Strict):
    round = whole()
    objections = many(ObjectionSchema)
    returned_on = day()


class PaperSchema(Strict):
    """A signed document and the hash over the entries it speaks of."""

    number = text()
    dated = day()
    signer_name = text()
    signer_title = text()
    content_hash = text()


class LatenessSchema(Strict):
    holder = text()
    held_since = day()


class ListSchema(Strict):
    list_id = uuid()
    commune = commune_code()
    month = month()
    due_on = day()
    status = code(*(status.value for status in Status))
    round = whole()
    holder = text()
    held_since = day()
    drafted_by = text(allow_none=True)
    signed_by = text(allow_none=True)
    lines = many(LineSchema)
    left_out = many(LeftOutSchema)
    returned = maybe(ReturnSchema)
    confirmed = maybe(PaperSchema)
    submitted = maybe(PaperSchema)
    acknowledged_on = day(allow_none=True)
    overdue = maybe(LatenessSchema)


def show_list_row(row: sqlite3.Row) -> Json:
    return {name: row[name] for name in ListSummarySchema().fields}


def show_list(held: BorrowerList) -> Json:
    since, holder = held.holds[-1]
    drafted, signed = held.drafted, held.signed
    return {
        "list_id": held.id,
        "commune": held.commune,
        "month": held.month,
        "due_on": held.due_on,
        "status": held.status,
        "round": held.round,
        "holder": holder,
        "held_since": since,
        "drafted_by": drafted and drafted.drafter.name,
        "signed_by": signed and signed.signer.name,
        "lines": _lines(held),
        "left_out": [
            {"person_id": out.person_id, "failed": show_checks(out.failed)}
            for out in (drafted.left_out if drafted else [])
        ],
        "returned": held.returned
        and {
            "round": held.returned.round,
            "objections": held.returned.objections,
            "returned_on": held.returned.returned_on,
        },
        "confirmed": held.confirmed
        and {
            "number": held.confirmed.document.number,
            "dated": held.confirmed.document.dated,
            "signer_name": held.confirmed.signer_name,
            "signer_title": held.confirmed.signer_title,
            "content_hash": held.confirmed.content_hash,
        },
        "submitted": held.submitted
        and {
            "number": held.submitted.document.number,
            "dated": held.submitted.document.dated,
            "signer_name": held.submitted.signer.name,
            "signer_title": held.submitted.signer.title,
            "content_hash": held.submitted.content_hash,
        },
        "acknowledged_on": held.acknowledged_on,
        "overdue": held.overdue and {"holder": held.overdue.holder, "held_since": held.overdue.held_since},
    }


def _lines(held: BorrowerList) -> list[Json]:
    """What was sent, unless it is being drafted (anew): then the draft."""
    drafted = {d.entry.entry_id: d for d in held.drafted.entries} if held.drafted else {}
    if held.status in (Status.OPEN, Status.DRAFTED):
        return [_line(held, d.entry, d, "drafted", None) for d in drafted.values()]
    return [_line(held, e, drafted.get(id), *_state(held, id)) for id, e in held.sent.items()]


def _state(held: BorrowerList, entry_id: UUID) -> tuple[str, str | None]:
    if entry_id in held.rejected:
        return "rejected", held.rejected[entry_id]
    if (gone := held.gone.get(entry_id)) is not None:
        return ("withdrawn" if isinstance(gone, EntryWithdrawn) else "ended"), gone.reason
    if (decided := held.decisions.get(entry_id)) is not None:
        return decided.decision, decided.reason
    return "sent", None


def _line(held: BorrowerList, entry: Entry, drafted: Drafted | None, state: str, reason: str | None) -> Json:
    return {
        "entry": entry,
        "corrected": held.corrected.get(entry.entry_id),
        "conduct_good": drafted and drafted.conduct.good,
        "social_evils": drafted and drafted.conduct.social_evils,
        "state": state,
        "reason": reason,
        "checks": show_checks(drafted.checks) if drafted else [],
    }
