"""How lists, entries and loans look in JSON: the documented schemas, and the functions that fill them."""

from typing import Any
from uuid import UUID

import marshmallow as ma
import msgspec

from services.bank.commands import BorrowerSchema
from services.bank.listed_person import ListedPerson
from services.bank.loan import Loan, LoanState
from services.bank.received_list import ListState
from services.bank.rules import last_day_to_borrow
from services.bank.views.lists import EntryRow, ListRow
from services.bank.views.loans import LoanRow
from shared.contracts.base import Strict, commune_code, day, month, sha256, text, truth, uuid, vnd, whole
from shared.contracts.common import Entry

Json = dict[str, Any]


def _maybe(schema: type[ma.Schema]) -> ma.fields.Nested:
    return ma.fields.Nested(schema, required=True, allow_none=True)


def _many(schema: type[ma.Schema]) -> ma.fields.List[Any]:
    return ma.fields.List(ma.fields.Nested(schema), required=True)


class SignedSchema(Strict):
    document_no = text()
    document_on = day()
    signer_name = text()
    signer_title = text()


class ListSummarySchema(Strict):
    """`police`, `committee`: the document each half came with, null until it is here. `differences`: in
    what the halves differ."""

    list_id = uuid()
    commune = commune_code()
    month = month()
    state = ma.fields.Enum(ListState, by_value=True, required=True)
    round = whole()
    entries = whole(allow_none=True)
    content_hash = sha256()
    police = _maybe(SignedSchema)
    committee = _maybe(SignedSchema)
    differences = ma.fields.List(text(), required=True)
    opened_on = day(allow_none=True)


class EntryFactsSchema(Entry):
    """A line of Form 01 as it stands now; the salt has served its purpose."""

    class Meta(Entry.Meta):
        exclude = ("salt",)


class EntrySchema(Strict):
    """`state`: listed, ended, rejected or taken_up. `entry` is null while the person's case is parked."""

    entry_id = uuid()
    person_id = uuid()
    list_id = uuid()
    state = text()
    entry = _maybe(EntryFactsSchema)
    last_day_to_borrow = day(allow_none=True)
    rejected = text(allow_none=True)
    ended_on = day(allow_none=True)
    loan_id = uuid(allow_none=True)


class ListSchema(ListSummarySchema):
    lines = _many(EntrySchema)


class LoanSummarySchema(Strict):
    """Whole đồng. `granted`: what was approved; `prepared`: the tranche that waits for its confirmation."""

    loan_id = uuid()
    person_id = uuid()
    entry_id = uuid()
    commune = commune_code()
    state = ma.fields.Enum(LoanState, by_value=True, required=True)
    purpose = text()
    asked = vnd()
    filed_on = day()
    looked_up_on = day(allow_none=True)
    proposed = text(allow_none=True)
    granted = vnd(allow_none=True)
    prepared = vnd(allow_none=True)
    disbursed = vnd()
    principal = vnd()
    due_on = day(allow_none=True)
    overdue_since = day(allow_none=True)
    settled_on = day(allow_none=True)


class AskedSchema(Strict):
    purpose = text()
    amount = vnd()
    term_months = whole()
    study_months = whole(allow_none=True)


class CheckSchema(Strict):
    """`source`: the article; `facts`: the figures compared."""

    rule = text()
    source = text()
    passed = truth()
    facts = ma.fields.Dict(required=True)


class LookupSchema(Strict):
    looked_up_on = day()
    person_has_debt = truth()
    borrower_has_debt = truth()


class ProposalSchema(Strict):
    decision = text()
    asked = ma.fields.Nested(AskedSchema, required=True)
    grounds = text(allow_none=True)
    proposed_by = text()
    checks = _many(CheckSchema)


class ApprovalSchema(Strict):
    granted = ma.fields.Nested(AskedSchema, required=True)
    approved_on = day()
    document_no = text()
    approved_by = text()
    checks = _many(CheckSchema)


class RefusalSchema(Strict):
    grounds = text()
    refused_on = day()
    refused_by = text()
    checks = _many(CheckSchema)


class PreparedSchema(Strict):
    tranche_no = whole()
    amount = vnd()
    prepared_by = text()


class TermsSchema(Strict):
    """Rates are exact decimal fractions, as text."""

    annual_rate = text()
    overdue_factor = text()
    due_on = day()
    source = text()


class TrancheSchema(Strict):
    disbursed_on = day()
    amount = vnd()


class ReceiptSchema(Strict):
    posting_id = uuid()
    receipt_no = text()
    paid_on = day()
    principal = vnd()
    interest = vnd()
    keyed_by = text()


class LoanSchema(LoanSummarySchema):
    list_id = uuid()
    borrower = ma.fields.Nested(BorrowerSchema, required=True)
    application = ma.fields.Nested(AskedSchema, required=True)
    lookup = _maybe(LookupSchema)
    proposal = _maybe(ProposalSchema)
    approval = _maybe(ApprovalSchema)
    refusal = _maybe(RefusalSchema)
    tranche = _maybe(PreparedSchema)
    terms = _maybe(TermsSchema)
    tranches = _many(TrancheSchema)
    receipts = _many(ReceiptSchema)


class OwedSchema(Strict):
    """What would have to be paid on a day to owe nothing; `on` is never before the last posting.

    `payable_until`: the last day that is in time.
    """

    on = day()
    principal = vnd()
    interest = vnd()
    payable_until = day(allow_none=True)
    overdue = truth()


def show_list(row: ListRow, entries: list[EntryRow]) -> Json:
    return show_list_row(row) | {"lines": [show_entry_row(entry) for entry in entries]}


def show_list_row(row: ListRow) -> Json:
    return msgspec.structs.asdict(row)


def show_entry_row(row: EntryRow) -> Json:
    last_day = row.entry and last_day_to_borrow(row.entry.completed_on)
    return msgspec.structs.asdict(row) | {"last_day_to_borrow": last_day}


def show_rejected(person: ListedPerson, entry_id: UUID) -> Json:
    """An entry as its rejection left it."""
    listing = person.listing(entry_id)
    entry, reason = listing.entry, listing.rejected
    row = EntryRow(entry_id, entry.person_id, listing.list_id, entry, "rejected", reason, None, None)
    return show_entry_row(row)


def show_loan_row(row: LoanRow) -> Json:
    return msgspec.structs.asdict(row)


def show_loan(loan: Loan) -> Json:
    lookup, proposal, approval, terms = loan.lookup, loan.proposal, loan.approval, loan.terms
    row = LoanRow(
        loan.id,
        loan.person_id,
        loan.entry_id,
        loan.commune,
        loan.state,
        loan.asked.purpose,
        loan.asked.amount,
        loan.filed_on,
        lookup.looked_up_on if lookup else None,
        proposal.decision if proposal else None,
        approval.granted.amount if approval else None,
        loan.prepared.amount if loan.prepared else None,
        loan.ledger.disbursed,
        loan.ledger.principal,
        terms.due_on if terms else None,
        loan.overdue_since,
        loan.settled_on,
    )
    return show_loan_row(row) | {
        "list_id": loan.list_id,
        "borrower": loan.borrower,
        "application": loan.asked,
        "lookup": lookup,
        "proposal": _parts(proposal, ProposalSchema),
        "approval": _parts(approval, ApprovalSchema),
        "refusal": _parts(loan.refusal, RefusalSchema),
        "tranche": _parts(loan.prepared, PreparedSchema),
        "terms": terms,
        "tranches": [{"disbursed_on": day, "amount": amount} for day, amount in loan.ledger.tranches],
        "receipts": list(loan.ledger.receipts.values()),
    }


def _parts(event: object | None, schema: type[Strict]) -> Json | None:
    return None if event is None else {name: getattr(event, name) for name in schema().fields}
