"""The lists as they reach a transaction office, and what became of each entry."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from services.bank.entry import Entry
from services.bank.listed_person import EntryCorrected, EntryEnded, EntryListed, EntryRejected, LoanOpened
from services.bank.received_list import (
    ConfirmationReceived,
    ListMismatchFound,
    ListOpened,
    ListState,
    Signed,
    SubmissionReceived,
)
from shared.log.application import Recorded
from shared.log.events import Event


class ListRow(msgspec.Struct, frozen=True):
    """`police`, `committee`: the document each half came with; None while it has not come."""

    list_id: UUID
    commune: str
    month: str
    state: ListState
    round: int
    entries: int | None
    content_hash: str
    police: Signed | None
    committee: Signed | None
    differences: tuple[str, ...]
    opened_on: date | None


class EntryRow(msgspec.Struct, frozen=True):
    """`state`: listed, ended, rejected or taken_up. `entry` is None while the person's case is parked."""

    entry_id: UUID
    person_id: UUID
    list_id: UUID
    entry: Entry | None
    state: str
    rejected: str | None
    ended_on: date | None
    loan_id: UUID | None


LISTS = "SELECT * FROM bank_list WHERE office=?"
_STATE = (
    "CASE WHEN loan_id IS NOT NULL THEN 'taken_up' WHEN rejected IS NOT NULL THEN 'rejected'"
    " WHEN ended_on IS NOT NULL THEN 'ended' ELSE 'listed' END AS state"
)
_DIFFERENCES = msgspec.json.Decoder(tuple[str, ...])


class ListsView:
    name = "bank_lists"
    version = 1
    tables = """
        CREATE TABLE bank_list (
            office TEXT NOT NULL, list_id TEXT NOT NULL, commune TEXT NOT NULL, month TEXT NOT NULL,
            round INTEGER NOT NULL, content_hash TEXT NOT NULL, entries INTEGER, police BLOB, committee BLOB,
            differences BLOB NOT NULL, opened_on TEXT, state TEXT NOT NULL,
            PRIMARY KEY (office, list_id)) WITHOUT ROWID;
        CREATE INDEX bank_list_by_month ON bank_list (office, month);
        CREATE TABLE bank_entry (
            office TEXT NOT NULL, entry_id TEXT NOT NULL, person_id TEXT NOT NULL, list_id TEXT,
            line INTEGER NOT NULL DEFAULT 0, entry BLOB, rejected TEXT, ended_on TEXT, loan_id TEXT,
            PRIMARY KEY (office, entry_id)) WITHOUT ROWID;
        CREATE INDEX bank_entry_by_list ON bank_entry (office, list_id, line);
    """

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            self._fold(db, recorded.event)

    def _fold(self, db: sqlite3.Connection, event: Event) -> None:
        match event:
            case SubmissionReceived():
                _half(db, event, "police", len(event.lines))
                _lines(db, event)
            case ConfirmationReceived():
                _half(db, event, "committee", event.entries)
            case ListMismatchFound():
                differences = msgspec.json.encode(event.differences)
                _on_list(db, event, event.list_id, "differences=?", differences)
            case ListOpened():
                _on_list(db, event, event.list_id, "state='open', opened_on=?", event.opened_on.isoformat())
            case EntryListed() | EntryCorrected():
                _entry(db, event)
            case EntryEnded():
                _ended(db, event)
            case EntryRejected():
                _on_entry(db, event, event.entry_id, "rejected=?", event.reason)
            case LoanOpened():
                _on_entry(db, event, event.entry_id, "loan_id=?", str(event.loan_id))


def _half(
    db: sqlite3.Connection, event: SubmissionReceived | ConfirmationReceived, side: str, entries: int
) -> None:
    """A half came: the list waits for the other one, or (until it is found to be open) they differ."""
    other, waiting = ("committee", "commune") if side == "police" else ("police", "police")
    db.execute(
        f"INSERT INTO bank_list (office, list_id, commune, month, round, content_hash, entries, {side},"
        " differences, state) VALUES (?,?,?,?,?,?,?,?,'[]',?)"
        " ON CONFLICT DO UPDATE SET commune=excluded.commune, month=excluded.month, round=excluded.round,"
        f" content_hash=excluded.content_hash, entries=excluded.entries, {side}=excluded.{side},"
        " differences='[]', state=CASE WHEN opened_on IS NOT NULL THEN 'open'"
        f" WHEN {other} IS NOT NULL THEN 'mismatch' ELSE excluded.state END",
        (
            event.office,
            str(event.list_id),
            event.commune,
            event.month,
            event.round,
            event.content_hash,
            entries,
            msgspec.json.encode(event.signed),
            f"waiting_for_{waiting}",
        ),
    )


def _lines(db: sqlite3.Connection, event: SubmissionReceived) -> None:
    db.executemany(
        "INSERT INTO bank_entry (office, entry_id, person_id, list_id, line) VALUES (?,?,?,?,?)"
        " ON CONFLICT DO UPDATE SET list_id=excluded.list_id, line=excluded.line",
        [
            (event.office, str(line.entry_id), str(line.person_id), str(event.list_id), number)
            for number, line in enumerate(event.lines, 1)
        ],
    )


def _entry(db: sqlite3.Connection, event: EntryListed | EntryCorrected) -> None:
    entry = event.entry
    db.execute(
        "INSERT INTO bank_entry (office, entry_id, person_id, list_id, entry) VALUES (?,?,?,?,?)"
        " ON CONFLICT DO UPDATE SET entry=excluded.entry",
        (
            event.office,
            str(entry.entry_id),
            str(entry.person_id),
            str(event.list_id),
            msgspec.json.encode(entry),
        ),
    )


def _ended(db: sqlite3.Connection, event: EntryEnded) -> None:
    """It may come before the entry itself, and stands then as a shell."""
    db.execute(
        "INSERT INTO bank_entry (office, entry_id, person_id, list_id, ended_on) VALUES (?,?,?,?,?)"
        " ON CONFLICT DO UPDATE SET ended_on=excluded.ended_on",
        (
            event.office,
            str(event.entry_id),
            str(event.person_id),
            str(event.list_id),
            event.ended_on.isoformat(),
        ),
    )


def _on_list(db: sqlite3.Connection, event: Event, list_id: UUID, what: str, value: str | bytes) -> None:
    db.execute(
        f"UPDATE bank_list SET {what} WHERE office=? AND list_id=?",
        (value, event.stamped.party, str(list_id)),
    )


def _on_entry(db: sqlite3.Connection, event: Event, entry_id: UUID, what: str, value: str) -> None:
    db.execute(
        f"UPDATE bank_entry SET {what} WHERE office=? AND entry_id=?",
        (value, event.stamped.party, str(entry_id)),
    )


def list_row(row: sqlite3.Row) -> ListRow:
    """From a row of LISTS."""
    return ListRow(
        UUID(row["list_id"]),
        row["commune"],
        row["month"],
        ListState(row["state"]),
        row["round"],
        row["entries"],
        row["content_hash"],
        row["police"] and msgspec.json.decode(row["police"], type=Signed),
        row["committee"] and msgspec.json.decode(row["committee"], type=Signed),
        _DIFFERENCES.decode(row["differences"]),
        row["opened_on"] and date.fromisoformat(row["opened_on"]),
    )


def find_list(db: sqlite3.Connection, office: str, list_id: UUID) -> ListRow | None:
    row = db.execute(f"{LISTS} AND list_id=?", (office, str(list_id))).fetchone()
    return None if row is None else list_row(row)


def entries_of(db: sqlite3.Connection, office: str, list_id: UUID) -> list[EntryRow]:
    """A list's entries in its order; at most as many as a list holds."""
    rows = db.execute(
        f"SELECT *, {_STATE} FROM bank_entry WHERE office=? AND list_id=? ORDER BY line, entry_id",
        (office, str(list_id)),
    )
    return [_entry_row(row) for row in rows]


def find_entry(db: sqlite3.Connection, office: str, entry_id: UUID) -> EntryRow | None:
    row = db.execute(
        f"SELECT *, {_STATE} FROM bank_entry WHERE office=? AND entry_id=?", (office, str(entry_id))
    ).fetchone()
    return None if row is None else _entry_row(row)


def _entry_row(row: sqlite3.Row) -> EntryRow:
    return EntryRow(
        UUID(row["entry_id"]),
        UUID(row["person_id"]),
        UUID(row["list_id"]),
        row["entry"] and msgspec.json.decode(row["entry"], type=Entry),
        row["state"],
        row["rejected"],
        row["ended_on"] and date.fromisoformat(row["ended_on"]),
        row["loan_id"] and UUID(row["loan_id"]),
    )
