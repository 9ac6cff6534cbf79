"""The committee's lists by month, and who was on them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.commune.list_events import (
    EntryChecked,
    EntryCorrected,
    EntryWithdrawn,
    ListConfirmed,
    ListFoundOverdue,
    ListReceived,
    ListReturned,
    ListSubmittedToBank,
    Stage,
)
from shared.agreement.calendar import Month
from shared.log.application import Recorded
from shared.log.events import Event
from shared.web.paging import Page, keyset

MOST_IN_HAND = 500
"""Lists that can lie with one committee at once; there is one a month."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """`entries`: not withdrawn; `undecided`: of these. `sent_on` is None for a list that never came."""

    list_id: UUID
    month: Month
    round: int
    stage: Stage
    sent_on: date | None
    entries: int
    undecided: int
    overdue_holder: str | None


@dataclass(frozen=True, slots=True)
class ListInHand:
    list_id: UUID
    month: Month
    sent_on: date


class ListsView:
    name = "commune_lists"
    version = 1
    tables = """
        CREATE TABLE commune_list (
            office TEXT NOT NULL, list_id TEXT NOT NULL, month TEXT NOT NULL, round INTEGER NOT NULL,
            stage TEXT NOT NULL, sent_on TEXT, overdue_holder TEXT,
            PRIMARY KEY (office, list_id)) WITHOUT ROWID;
        CREATE INDEX commune_list_by_month ON commune_list (office, month);
        CREATE TABLE commune_list_entry (
            office TEXT NOT NULL, list_id TEXT NOT NULL, entry_id TEXT NOT NULL, person_id TEXT NOT NULL,
            decided INTEGER NOT NULL, reason TEXT, withdrawn INTEGER NOT NULL,
            PRIMARY KEY (office, list_id, entry_id)) WITHOUT ROWID;
    """

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            self._fold(db, recorded.event)

    def _fold(self, db: sqlite3.Connection, event: Event) -> None:
        match event:
            case ListReceived():
                self._receive(db, event)
            case EntryChecked():
                self._set_entry(db, event, "decided=1, reason=?", event.reason)
            case EntryWithdrawn():
                self._set_entry(db, event, "withdrawn=?", 1)
            case EntryCorrected(check_again=True):
                self._set_entry(db, event, "decided=?, reason=NULL", 0)
            case ListConfirmed():
                self._set_list(db, event, "stage=?", Stage.CONFIRMED)
            case ListReturned():
                self._set_list(db, event, "stage=?", Stage.RETURNED)
            case ListSubmittedToBank():
                self._set_list(db, event, "stage=?", Stage.SUBMITTED)
            case ListFoundOverdue():
                self._announce(db, event)
                self._set_list(db, event, "overdue_holder=?", event.holder)

    def _receive(self, db: sqlite3.Connection, event: ListReceived) -> None:
        self._announce(db, event)
        key = (event.about.office, str(event.about.list_id))
        db.execute(
            "UPDATE commune_list SET stage=?, round=?, sent_on=? WHERE office=? AND list_id=?",
            (Stage.CHECKING, event.round, event.sent_on.isoformat(), *key),
        )
        db.execute("DELETE FROM commune_list_entry WHERE office=? AND list_id=?", key)
        db.executemany(
            "INSERT INTO commune_list_entry VALUES (?,?,?,?,0,NULL,0)",
            [(*key, entry["entry_id"], entry["person_id"]) for entry in event.entries],
        )

    @staticmethod
    def _announce(db: sqlite3.Connection, event: ListReceived | ListFoundOverdue) -> None:
        db.execute(
            "INSERT INTO commune_list VALUES (?,?,?,0,?,NULL,NULL) ON CONFLICT DO NOTHING",
            (event.about.office, str(event.about.list_id), event.about.month, Stage.AWAITED),
        )

    @staticmethod
    def _set_list(
        db: sqlite3.Connection,
        event: ListConfirmed | ListReturned | ListSubmittedToBank | ListFoundOverdue,
        what: str,
        value: str,
    ) -> None:
        db.execute(
            f"UPDATE commune_list SET {what} WHERE office=? AND list_id=?",
            (value, event.about.office, str(event.about.list_id)),
        )

    @staticmethod
    def _set_entry(
        db: sqlite3.Connection,
        event: EntryChecked | EntryWithdrawn | EntryCorrected,
        what: str,
        value: str | int | None,
    ) -> None:
        db.execute(
            f"UPDATE commune_list_entry SET {what} WHERE office=? AND list_id=? AND entry_id=?",
            (value, event.about.office, str(event.about.list_id), str(event.entry_id)),
        )


def lists_in_hand(db: sqlite3.Connection, office: str) -> list[ListInHand]:
    """The lists that lie with a committee, waiting for its decision, by month."""
    rows = db.execute(
        "SELECT list_id, month, sent_on FROM commune_list WHERE office=? AND stage=? ORDER BY month LIMIT ?",
        (office, Stage.CHECKING, MOST_IN_HAND),
    )
    return [ListInHand(UUID(r[0]), Month.parse(r[1]), date.fromisoformat(r[2])) for r in rows]


def lists_of(db: sqlite3.Connection, office: str, page: Page) -> list[ListRow]:
    """A committee's lists, the latest month first; one more than the page, to see whether there is another."""
    select = """
        SELECT l.list_id, month, round, stage, sent_on, overdue_holder,
            COALESCE(SUM(1 - withdrawn), 0) AS entries,
            COALESCE(SUM((1 - withdrawn) * (1 - decided)), 0) AS undecided
        FROM commune_list l LEFT JOIN commune_list_entry e ON e.office=l.office AND e.list_id=l.list_id
        WHERE l.office=? GROUP BY l.list_id
    """
    rows = db.execute(*keyset(select, [office], page, sort="month", id="list_id", descending=True))
    return [
        ListRow(
            UUID(r["list_id"]),
            Month.parse(r["month"]),
            r["round"],
            Stage(r["stage"]),
            None if r["sent_on"] is None else date.fromisoformat(r["sent_on"]),
            r["entries"],
            r["undecided"],
            r["overdue_holder"],
        )
        for r in rows
    ]
