"""The loans of a transaction office: what lists show, what is due, what waits for whom."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from services.bank.loan import LoanState
from services.bank.loan_events import (
    DebtLookedUp,
    DecisionProposed,
    LoanApplicationFiled,
    LoanApproved,
    LoanBecameOverdue,
    LoanRefused,
    LoanSettled,
    ReceiptPosted,
    ReceiptReversed,
    TermsSet,
    TrancheDisbursed,
    TranchePrepared,
)
from shared.log.application import Recorded
from shared.log.events import Event

LOANS = "SELECT * FROM bank_loan WHERE office=?"
MOST_DUE = 10_000
"""Loans found overdue on one day; what is left is found the day after."""


class LoanRow(msgspec.Struct, frozen=True):
    """Money in whole đồng. `granted` is what was approved, None before; `prepared` the tranche to confirm."""

    loan_id: UUID
    person_id: UUID
    entry_id: UUID
    commune: str
    state: LoanState
    purpose: str
    asked: int
    filed_on: date
    looked_up_on: date | None
    proposed: str | None
    granted: int | None
    prepared: int | None
    disbursed: int
    principal: int
    due_on: date | None
    overdue_since: date | None
    settled_on: date | None


class LoansView:
    name = "bank_loans"
    version = 1
    tables = """
        CREATE TABLE bank_loan (
            office TEXT NOT NULL, loan_id TEXT NOT NULL, person_id TEXT NOT NULL, entry_id TEXT NOT NULL,
            commune TEXT NOT NULL, state TEXT NOT NULL, purpose TEXT NOT NULL, asked INTEGER NOT NULL,
            filed_on TEXT NOT NULL, looked_up_on TEXT, proposed TEXT, granted INTEGER, prepared INTEGER,
            disbursed INTEGER NOT NULL, principal INTEGER NOT NULL, due_on TEXT, overdue_since TEXT,
            settled_on TEXT,
            PRIMARY KEY (office, loan_id)) WITHOUT ROWID;
        CREATE INDEX bank_loan_by_state ON bank_loan (office, state, due_on);
        CREATE INDEX bank_loan_by_day ON bank_loan (office, filed_on, loan_id);
        CREATE INDEX bank_loan_by_person ON bank_loan (office, person_id);
    """

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            event = recorded.event
            if isinstance(event, LoanApplicationFiled):
                _file(db, event)
            elif changes := _changes(event):
                assignments = ", ".join(f"{column}=?" for column in changes)
                db.execute(
                    f"UPDATE bank_loan SET {assignments} WHERE office=? AND loan_id=?",
                    (*changes.values(), event.stamped.party, str(event.originator_id)),
                )
                if isinstance(event, TrancheDisbursed | ReceiptReversed):
                    _reconsider(db, event)


def _file(db: sqlite3.Connection, event: LoanApplicationFiled) -> None:
    db.execute(
        "INSERT INTO bank_loan (office, loan_id, person_id, entry_id, commune, state, purpose, asked, filed_on,"
        " disbursed, principal) VALUES (?,?,?,?,?,?,?,?,?,0,0)",
        (
            event.office,
            str(event.originator_id),
            str(event.person_id),
            str(event.entry_id),
            event.commune,
            LoanState.APPLIED,
            event.asked.purpose,
            event.asked.amount,
            event.filed_on.isoformat(),
        ),
    )


def _changes(event: Event) -> dict[str, str | int | None]:  # noqa: PLR0911 - one line per event
    """Columns and their new values."""
    match event:
        case DebtLookedUp():
            return {"looked_up_on": event.lookup.looked_up_on.isoformat()}
        case DecisionProposed():
            return {"state": LoanState.PROPOSED, "proposed": event.decision}
        case LoanApproved():
            return {"state": LoanState.APPROVED, "granted": event.granted.amount}
        case LoanRefused():
            return {"state": LoanState.REFUSED, "prepared": None}
        case TranchePrepared():
            return {"prepared": event.amount}
        case TermsSet():
            return {"due_on": event.terms.due_on.isoformat()}
        case TrancheDisbursed():
            return {"prepared": None, "principal": event.principal, "disbursed": event.disbursed}
        case ReceiptPosted():
            return {"principal": event.principal}
        case ReceiptReversed():
            return {"principal": event.principal, "settled_on": None}
        case LoanBecameOverdue():
            return {"state": LoanState.OVERDUE, "overdue_since": event.overdue_since.isoformat()}
        case LoanSettled():
            return {"state": LoanState.SETTLED, "settled_on": event.settled_on.isoformat()}
    return {}


def _reconsider(db: sqlite3.Connection, event: Event) -> None:
    """A loan with money out is active, or overdue once it was found to be."""
    db.execute(
        "UPDATE bank_loan SET state=CASE WHEN overdue_since IS NULL THEN 'active' ELSE 'overdue' END"
        " WHERE office=? AND loan_id=?",
        (event.stamped.party, str(event.originator_id)),
    )


def loan_row(row: sqlite3.Row) -> LoanRow:
    """From a row of LOANS."""
    return msgspec.convert({name: row[name] for name in LoanRow.__struct_fields__}, LoanRow)


def loans_of_person(db: sqlite3.Connection, office: str, person_id: UUID) -> list[LoanRow]:
    """At most one per entry of the person."""
    rows = db.execute(f"{LOANS} AND person_id=? ORDER BY filed_on, loan_id", (office, str(person_id)))
    return [loan_row(row) for row in rows]


def past_final_date(db: sqlite3.Connection, office: str, day: date) -> list[UUID]:
    """Loans not yet overdue, principal owed, whose final date lies before `day`."""
    rows = db.execute(
        "SELECT loan_id FROM bank_loan WHERE office=? AND state='active' AND due_on<? AND principal>0"
        " ORDER BY due_on, loan_id LIMIT ?",
        (office, day.isoformat(), MOST_DUE),
    )
    return [UUID(row[0]) for row in rows]
