"""The case file: per person, who told whom what, and the stage of the case. The mirrored projection.

One fold, run by every service over what it told and heard; its only input is the published language. It
does not matter in which order facts of different channels arrive: each is kept under its own id, and where
one fact replaces another, who said it and when it occurred decide, not when it was learnt.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

Data = dict[str, Any]
Moment = tuple[int, datetime, bool, UUID]
"""What replaces what: the weight of the word, when it occurred, a correction after what it corrects, and the
event's id to break ties alike everywhere."""

_ON_A_LIST = ("ListSentForConfirmation", "ListSubmitted", "ListEntryCorrected")


class Spoken(msgspec.Struct, frozen=True):
    """A published event as one office holds it: its own before the cut, or one it heard."""

    event_id: UUID
    name: str
    publisher: str
    occurred: datetime
    data: Data

    @property
    def moment(self) -> Moment:
        """What the police say of a person outweighs any line of a list: a list travels as it was signed, even
        where its people were corrected since."""
        weight = 0 if self.name in _ON_A_LIST else 1
        return weight, self.occurred, self.name == "ListEntryCorrected", self.event_id


class Entry(msgspec.Struct, omit_defaults=True):
    """A person's line on one month's list."""

    list_id: UUID | None = None
    month: str | None = None
    purpose: str | None = None
    amount: int | None = None
    sent_round: int = 0
    decisions: dict[int, str] = {}
    submitted: bool = False
    rejected: str | None = None
    ended_on: str | None = None


class Loan(msgspec.Struct, omit_defaults=True):
    """Amounts in VND. `recovered` and `reversed` by posting id."""

    entry_id: UUID | None = None
    purpose: str | None = None
    approved: int | None = None
    approved_on: str | None = None
    refused: str | None = None
    tranches: dict[int, int] = {}
    recovered: dict[str, int] = {}
    reversed: dict[str, int] = {}
    overdue_since: str | None = None
    overdue_amount: int = 0
    settled_on: str | None = None

    @property
    def disbursed(self) -> int:
        return sum(self.tranches.values())

    @property
    def principal(self) -> int:
        """What is owed, as far as this office was told."""
        return self.disbursed - sum(self.recovered.values()) + sum(self.reversed.values())

    @property
    def settled(self) -> bool:
        """Said to be settled, and no recovery taken back since: a reversal opens the loan again."""
        return self.settled_on is not None and self.principal == 0


class CaseFile(msgspec.Struct, omit_defaults=True):
    """What one office knows of one person. `recorded_in`: the commune whose police last said something of the
    person; `as_of`: by what each of the facts from there up to `particulars` is known, since not every event says
    them all."""

    person_id: UUID
    particulars: Data | None = None
    ground: str | None = None
    completed_on: str | None = None
    resident_since: str | None = None
    recorded_in: str | None = None
    as_of: dict[str, Moment] = {}
    retracted: bool = False
    moves: dict[str, str] = {}
    entries: dict[UUID, Entry] = {}
    loans: dict[UUID, Loan] = {}

    @property
    def commune(self) -> str | None:
        """Where the person lives: the target of the latest move, else where the case was last recorded."""
        return self.moves[max(self.moves)] if self.moves else self.recorded_in

    @property
    def name(self) -> str | None:
        return self.particulars["full_name"] if self.particulars else None

    @property
    def stage(self) -> str:
        """Where the case stands; the furthest step wins."""
        loans = self.loans.values()
        entries = self.entries.values()
        for stage, holds in (
            ("retracted", self.retracted),
            ("overdue", any(loan.overdue_since and not loan.settled for loan in loans)),
            ("borrowing", any(loan.tranches and not loan.settled for loan in loans)),
            ("settled", any(loan.settled for loan in loans)),
            ("approved", any(loan.approved and not loan.refused for loan in loans)),
            ("refused", any(loan.refused for loan in loans)),
            ("rejected", any(entry.rejected for entry in entries)),
            ("ended", bool(entries) and all(entry.ended_on for entry in entries)),
            ("with_bank", any(entry.submitted for entry in entries)),
            ("with_commune", any(entry.sent_round for entry in entries)),
        ):
            if holds:
                return stage
        return "released"

    def entry(self, id: str) -> Entry:
        return self.entries.setdefault(UUID(id), Entry())

    def loan(self, id: str) -> Loan:
        return self.loans.setdefault(UUID(id), Loan())


def fold(case: CaseFile, event: Spoken) -> None:
    """Add one published event that touches this person to the case file."""
    handler = _HANDLERS.get(event.name)
    if handler is not None:
        handler(case, event)


def _describe(case: CaseFile, event: Spoken, source: Data) -> None:
    """Take over what the event says of the person, fact by fact, where nothing better was said of it."""
    for field in ("particulars", "ground", "completed_on", "resident_since"):
        _say(case, event, field, source.get(field))
    _say(case, event, "recorded_in", event.data["commune"])


def _say(case: CaseFile, event: Spoken, field: str, value: Any) -> None:
    known = case.as_of.get(field)
    if value is not None and (known is None or known < event.moment):
        setattr(case, field, value)
        case.as_of[field] = event.moment


def _released(case: CaseFile, event: Spoken) -> None:
    _describe(case, event, event.data)


def _retracted(case: CaseFile, event: Spoken) -> None:  # noqa: ARG001 - that it was said is the fact
    case.retracted = True


def _transferred(case: CaseFile, event: Spoken) -> None:
    case.moves[f"{event.data['transferred_on']} {event.event_id}"] = event.data["to_commune"]
    _describe(case, event, event.data)


def _lines(case: CaseFile, event: Spoken) -> list[Data]:
    return [line for line in event.data["entries"] if line["person_id"] == str(case.person_id)]


def _line(case: CaseFile, event: Spoken, line: Data) -> Entry:
    entry = case.entry(line["entry_id"])
    entry.list_id = UUID(event.data["list_id"])
    entry.purpose, entry.amount = line["purpose"], line["amount"]
    _describe(case, event, line)
    return entry


def _list_sent(case: CaseFile, event: Spoken) -> None:
    for line in _lines(case, event):
        entry = _line(case, event, line)
        entry.month = event.data["month"]
        entry.sent_round = max(entry.sent_round, event.data["round"])


def _list_confirmed(case: CaseFile, event: Spoken) -> None:
    for decision in event.data.get("decisions", ()):
        if decision["person_id"] == str(case.person_id):
            case.entry(decision["entry_id"]).decisions[event.data["round"]] = decision["decision"]


def _list_submitted(case: CaseFile, event: Spoken) -> None:
    for line in _lines(case, event):
        entry = _line(case, event, line)
        entry.month = event.data["month"]
        entry.submitted = True


def _entry_ended(case: CaseFile, event: Spoken) -> None:
    entry = case.entry(event.data["entry_id"])
    entry.list_id = UUID(event.data["list_id"])
    entry.ended_on = min(filter(None, (entry.ended_on, event.data["ended_on"])))


def _entry_corrected(case: CaseFile, event: Spoken) -> None:
    _line(case, event, event.data["entry"])


def _entry_rejected(case: CaseFile, event: Spoken) -> None:
    case.entry(event.data["entry_id"]).rejected = event.data["reason"]


def _loan_approved(case: CaseFile, event: Spoken) -> None:
    loan = case.loan(event.data["loan_id"])
    loan.entry_id, loan.purpose = UUID(event.data["entry_id"]), event.data["purpose"]
    loan.approved, loan.approved_on = event.data["amount"], event.data["approved_on"]


def _loan_refused(case: CaseFile, event: Spoken) -> None:
    loan = case.loan(event.data["loan_id"])
    loan.entry_id, loan.refused = UUID(event.data["entry_id"]), event.data["grounds"]


def _loan_disbursed(case: CaseFile, event: Spoken) -> None:
    case.loan(event.data["loan_id"]).tranches[event.data["tranche_no"]] = event.data["amount"]


def _debt_recovered(case: CaseFile, event: Spoken) -> None:
    case.loan(event.data["loan_id"]).recovered[event.data["posting_id"]] = event.data["amount"]


def _recovery_reversed(case: CaseFile, event: Spoken) -> None:
    """What was taken back is owed again, so a loan that was settled is not."""
    loan = case.loan(event.data["loan_id"])
    loan.reversed[event.data["posting_id"]] = event.data["amount"]
    loan.settled_on = None


def _loan_overdue(case: CaseFile, event: Spoken) -> None:
    loan = case.loan(event.data["loan_id"])
    loan.overdue_since, loan.overdue_amount = event.data["overdue_since"], event.data["amount"]


def _loan_settled(case: CaseFile, event: Spoken) -> None:
    case.loan(event.data["loan_id"]).settled_on = event.data["settled_on"]


_HANDLERS: dict[str, Callable[[CaseFile, Spoken], None]] = {
    "PersonReleased": _released,
    "ReleaseCorrected": _released,
    "ResidenceRegistered": _released,
    "ReleaseRetracted": _retracted,
    "ResidenceTransferred": _transferred,
    "ListSentForConfirmation": _list_sent,
    "ListConfirmed": _list_confirmed,
    "ListSubmitted": _list_submitted,
    "ListEntryWithdrawn": _entry_ended,
    "EligibilityEnded": _entry_ended,
    "ListEntryCorrected": _entry_corrected,
    "ListEntryRejected": _entry_rejected,
    "LoanApproved": _loan_approved,
    "LoanRefused": _loan_refused,
    "LoanDisbursed": _loan_disbursed,
    "DebtRecovered": _debt_recovered,
    "DebtRecoveryReversed": _recovery_reversed,
    "LoanBecameOverdue": _loan_overdue,
    "LoanSettled": _loan_settled,
}
