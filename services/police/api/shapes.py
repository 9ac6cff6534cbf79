"""How cases and checks look in JSON: the documented schemas, and the functions that fill them."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import marshmallow as ma

from services.police.person import ReleasedPerson, Standing
from services.police.rules import Check, failed, last_day_to_borrow
from services.police.wording import sentence
from shared.contracts import common
from shared.contracts.base import Strict, code, commune_code, day, month, text, truth, uuid, whole

Json = dict[str, Any]


def maybe(schema: type[ma.Schema]) -> ma.fields.Nested:
    return ma.fields.Nested(schema, required=True, allow_none=True)


def many(schema: type[ma.Schema]) -> ma.fields.List[Any]:
    return ma.fields.List(ma.fields.Nested(schema), required=True)


class CheckSchema(Strict):
    """One condition. `source`: the article it rests on; `facts`: what was compared; `vi`, `en`: the sentence."""

    rule = text()
    source = text()
    passed = truth()
    facts = ma.fields.Dict(required=True)
    vi = text(500)
    en = text(500)


class EligibilitySchema(Strict):
    """As things stand on `on`, for the list of `month`, due on `due_on`."""

    person_id = uuid()
    month = month()
    on = day()
    due_on = day()
    eligible = truth()
    checks = many(CheckSchema)


class CandidateSchema(Strict):
    person_id = uuid()
    full_name = text()
    eligible = truth()
    checks = many(CheckSchema)


class PersonSummarySchema(Strict):
    person_id = uuid()
    standing = text()
    full_name = text()
    birth = text()
    hamlet = text()
    ground = code(*common.GROUNDS)
    resident_since = day()
    wants_loan = truth(allow_none=True)
    identity_number_known = truth()


class ReleaseSchema(Strict):
    ground = code(*common.GROUNDS)
    certificate_no = text(60, allow_none=True)
    certificate_issued_on = day(allow_none=True)
    completed_on = day(allow_none=True)
    probation_ends_on = day(allow_none=True)


class NeedSchema(Strict):
    wants_loan = truth()
    purpose = code(*common.PURPOSES, allow_none=True)
    amount = whole(allow_none=True)
    study_months = whole(allow_none=True)


class ConductSchema(Strict):
    good = truth()
    social_evils = truth()


class PendingSchema(Strict):
    entry_id = uuid()
    list_id = uuid()
    purpose = code(*common.PURPOSES)


class LoanSchema(Strict):
    loan_id = uuid()
    purpose = code(*common.PURPOSES, allow_none=True)
    state = code("approved", "open", "settled")


class PersonSchema(Strict):
    """`last_day_to_borrow`: five years after completion (Art. 3.2.a)."""

    person_id = uuid()
    commune = commune_code()
    standing = code(*(standing.value for standing in Standing))
    particulars = ma.fields.Nested(common.Particulars, required=True)
    release = ma.fields.Nested(ReleaseSchema, required=True)
    last_day_to_borrow = day(allow_none=True)
    resident_since = day()
    residence_registered = truth()
    need = maybe(NeedSchema)
    conduct = maybe(ConductSchema)
    note = text(1000, allow_none=True)
    moved_to = commune_code(allow_none=True)
    pending = many(PendingSchema)
    loans = many(LoanSchema)


def show_check(check: Check) -> Json:
    said = sentence(check)
    return {
        "rule": check.rule,
        "source": check.source,
        "passed": check.passed,
        "facts": check.facts,
        "vi": said.vi,
        "en": said.en,
    }


def show_checks(checks: Iterable[Check]) -> list[Json]:
    return [show_check(check) for check in checks]


def show_candidate(person: ReleasedPerson, checks: list[Check]) -> Json:
    return {
        "person_id": person.case.person_id,
        "full_name": person.particulars.full_name,
        "eligible": not failed(checks),
        "checks": show_checks(checks),
    }


def show_person_row(row: sqlite3.Row) -> Json:
    wants = row["wants_loan"]
    names = ("person_id", "standing", "full_name", "birth", "hamlet", "ground", "resident_since")
    return {
        **{name: row[name] for name in names},
        "wants_loan": None if wants is None else bool(wants),
        "identity_number_known": row["identity_number"] is not None,
    }


def show_person(person: ReleasedPerson) -> Json:
    pending, loans = person.pending.items(), person.loans.items()
    return {
        "person_id": person.case.person_id,
        "commune": person.case.commune,
        "standing": person.standing,
        "particulars": person.particulars,
        "release": person.release,
        "last_day_to_borrow": last_day_to_borrow(person.release),
        "resident_since": person.resident_since,
        "residence_registered": person.residence_registered,
        "need": person.need,
        "conduct": person.conduct,
        "note": person.note,
        "moved_to": person.moved_to,
        "pending": [{"entry_id": id, "list_id": p.list_id, "purpose": p.purpose} for id, p in pending],
        "loans": [{"loan_id": id, "purpose": loan.purpose, "state": loan.state} for id, loan in loans],
    }
