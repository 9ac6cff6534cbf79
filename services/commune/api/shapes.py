"""How lists and residents look in JSON: the documented schemas, and the functions that fill them."""

from dataclasses import asdict
from typing import Any

import marshmallow as ma

from services.commune.duties import decision_due
from services.commune.list_check import Line, ListCheck
from services.commune.list_events import Stage
from services.commune.resident import Resident
from services.commune.views.lists import ListRow
from services.commune.views.residents import ResidentRow
from shared.agreement.calendar import Calendar, Month
from shared.contracts.base import Strict, commune_code, day, month, text, truth, uuid, whole
from shared.contracts.common import Entry, Particulars
from shared.log.events import Event

Json = dict[str, Any]


def _maybe(schema: type[ma.Schema]) -> ma.fields.Nested:
    return ma.fields.Nested(schema, required=True, allow_none=True)


class ListSummarySchema(Strict):
    """`entries` counts those not withdrawn, `undecided` those of them that wait for the specialist.
    `decision_due_on`: the committee's own time limit; `due_on`: the bank's."""

    list_id = uuid()
    month = month()
    round = whole()
    stage = ma.fields.Enum(Stage, by_value=True, required=True)
    holder = text()
    entries = whole()
    undecided = whole()
    sent_on = day(allow_none=True)
    decision_due_on = day(allow_none=True)
    due_on = day()
    overdue_holder = text(allow_none=True)


class CheckSchema(Strict):
    decision = text()
    reason = text(allow_none=True)
    note = text(1000, allow_none=True)
    by = text()


class LineSchema(Strict):
    """`entry` as it was sent and is hashed; `corrected` as the police have it now."""

    entry = ma.fields.Nested(Entry, required=True)
    conduct_good = truth()
    social_evils = truth()
    check = _maybe(CheckSchema)
    withdrawn_on = day(allow_none=True)
    corrected = _maybe(Entry)


class DocumentSchema(Strict):
    number = text()
    dated = day()
    signer_name = text()
    signer_title = text()


class ConfirmationSchema(Strict):
    entries = whole()
    content_hash = text()
    document = ma.fields.Nested(DocumentSchema, required=True)


class ShownObjectionSchema(Strict):
    reason = text()
    entry_id = uuid(allow_none=True)


class ReturnSchema(Strict):
    round = whole()
    objections = ma.fields.List(ma.fields.Nested(ShownObjectionSchema), required=True)
    note = text(1000, allow_none=True)
    returned_on = day()
    by = text()


class SubmissionSchema(Strict):
    submitted_on = day()
    document = ma.fields.Nested(DocumentSchema, required=True)


class OverdueSchema(Strict):
    due_on = day()
    holder = text()
    held_since = day()


class ListSchema(ListSummarySchema):
    commune = commune_code()
    lines = ma.fields.List(ma.fields.Nested(LineSchema), required=True)
    confirmed = _maybe(ConfirmationSchema)
    returned = _maybe(ReturnSchema)
    submitted = _maybe(SubmissionSchema)
    overdue = _maybe(OverdueSchema)


class ResidentSummarySchema(Strict):
    """Names and the rest are null for somebody of whom nobody has yet said who it is."""

    person_id = uuid()
    presence = text()
    full_name = text(allow_none=True)
    birth = text(allow_none=True)
    hamlet = text(allow_none=True)
    ground = text(allow_none=True)
    resident_since = day(allow_none=True)


class ResidentSchema(Strict):
    person_id = uuid()
    presence = text()
    particulars = _maybe(Particulars)
    ground = text(allow_none=True)
    resident_since = day(allow_none=True)
    arrived_on = day(allow_none=True)
    moved_on = day(allow_none=True)
    moved_to = text(allow_none=True)
    retracted_for = text(allow_none=True)
    note = text(1000, allow_none=True)


def show_row(row: ListRow, calendar: Calendar) -> Json:
    return {
        "list_id": row.list_id,
        "month": str(row.month),
        "round": row.round,
        "stage": row.stage,
        "holder": row.stage.holder,
        "entries": row.entries,
        "undecided": row.undecided,
        "sent_on": row.sent_on,
        "decision_due_on": row.sent_on and decision_due(calendar, row.sent_on),
        "due_on": calendar.list_due(row.month),
        "overdue_holder": row.overdue_holder,
    }


def show_list(check: ListCheck, calendar: Calendar) -> Json:
    row = ListRow(
        check.about.list_id,
        Month.parse(check.about.month),
        check.round,
        check.stage,
        check.sent_on if check.round else None,
        len(check.standing),
        check.undecided,
        check.overdue.holder if check.overdue else None,
    )
    return show_row(row, calendar) | {
        "commune": check.about.commune,
        "lines": [_line(line) for line in check.lines.values()],
        "confirmed": _parts(check.confirmed, "entries", "content_hash", "document"),
        "returned": _parts(check.returned, "round", "objections", "note", "returned_on", "by"),
        "submitted": _parts(check.submitted, "submitted_on", "document"),
        "overdue": _parts(check.overdue, "due_on", "holder", "held_since"),
    }


def show_resident_row(row: ResidentRow) -> Json:
    return asdict(row)


def show_resident(resident: Resident) -> Json:
    facts = resident.facts
    names = ("ground", "resident_since", "arrived_on", "moved_on", "moved_to", "retracted_for")
    return {
        "person_id": resident.who.person_id,
        "presence": facts.presence,
        "particulars": facts.particulars,
        **{name: getattr(facts, name) for name in names},
        "note": resident.note,
    }


def _line(line: Line) -> Json:
    check = line.check and {
        "decision": "confirmed" if line.check.reason is None else "struck",
        "reason": line.check.reason,
        "note": line.check.note,
        "by": line.check.by,
    }
    return {
        "entry": line.entry,
        "conduct_good": line.annexed.conduct_good,
        "social_evils": line.annexed.social_evils,
        "check": check,
        "withdrawn_on": line.withdrawn_on,
        "corrected": line.corrected,
    }


def _parts(event: Event | None, *names: str) -> Json | None:
    return None if event is None else {name: getattr(event, name) for name in names}
