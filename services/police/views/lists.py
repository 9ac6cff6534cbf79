"""The lists of each month: where each one lies, how many are on it, and of what its holder was reminded."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from services.police.list_events import (
    AcknowledgementRecorded,
    ConfirmationRecorded,
    EntryCorrected,
    EntryEnded,
    EntryWithdrawn,
    ListDrafted,
    ListFoundOverdue,
    ListOpened,
    ListSigned,
    ListSubmitted,
    OfList,
    RejectionRecorded,
    ReminderIssued,
    ReturnRecorded,
)
from services.police.views.columns import set_columns
from shared.log.application import Recorded
from shared.log.clock import local_day
from shared.web.paging import Page, keyset

MOST_REMINDERS = 100
_TABLE = "police_lists"


class ListsView:
    name = _TABLE
    version = 1
    tables = f"""
    CREATE TABLE {_TABLE} (
        list_id TEXT PRIMARY KEY, version INTEGER NOT NULL, office TEXT NOT NULL, commune TEXT NOT NULL,
        month TEXT NOT NULL, due_on TEXT NOT NULL, status TEXT NOT NULL, round INTEGER NOT NULL DEFAULT 0,
        holder TEXT, held_since TEXT, entries INTEGER NOT NULL DEFAULT 0, submitted_on TEXT,
        late_holder TEXT, late_since TEXT
    );
    CREATE INDEX {_TABLE}_months ON {_TABLE} (office, month);
    CREATE TABLE {_TABLE}_reminders (
        list_id TEXT NOT NULL, day TEXT NOT NULL, office TEXT NOT NULL, month TEXT NOT NULL,
        due_on TEXT NOT NULL, PRIMARY KEY (list_id, day)
    );
    """

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            if isinstance(recorded.event, OfList):
                self._fold_one(db, recorded.event)

    def _fold_one(self, db: sqlite3.Connection, event: OfList) -> None:
        list_id = str(event.originator_id)
        if isinstance(event, ListOpened):
            db.execute(
                f"INSERT INTO {_TABLE} (list_id, version, office, commune, month, due_on, status)"
                " VALUES (?, 0, ?, ?, ?, ?, 'open')",
                (list_id, event.office, event.commune, event.month, event.due_on.isoformat()),
            )
        if isinstance(event, ReminderIssued):
            db.execute(
                f"INSERT INTO {_TABLE}_reminders VALUES (?, ?, ?, ?, ?)",
                (list_id, event.day.isoformat(), event.office, event.month, event.due_on.isoformat()),
            )
        changed = {"version": event.originator_version, **_changed(event)}
        set_columns(db, _TABLE, {"list_id": list_id}, changed)


def _changed(event: OfList) -> dict[str, Any]:
    changed: dict[str, Any]
    day = local_day(event.occurred).isoformat()
    match event:
        case ListOpened():
            changed = {"holder": "police", "held_since": day}
        case ListDrafted():
            changed = {"status": "drafted", "entries": len(event.entries)}
        case ListSigned():
            changed = {"status": "sent", "round": event.round, "holder": "commune", "held_since": day}
        case ReturnRecorded():
            changed = {"status": "returned", "holder": "police", "held_since": day}
        case ConfirmationRecorded():
            confirmed = sum(d.decision == "confirmed" for d in event.decisions)
            changed = {"status": "confirmed", "entries": confirmed, "holder": "police", "held_since": day}
        case ListSubmitted():
            changed = {"status": "submitted", "submitted_on": day, "holder": "bank", "held_since": day}
        case AcknowledgementRecorded():
            changed = {"status": "acknowledged"}
        case ListFoundOverdue():
            changed = {"late_holder": event.holder, "late_since": event.held_since.isoformat()}
        case RejectionRecorded() | EntryWithdrawn() | EntryEnded() | EntryCorrected() | ReminderIssued():
            changed = {}
        case _:
            raise TypeError(f"{type(event).__qualname__} is not folded into {_TABLE}")
    return changed


def lists_of(db: sqlite3.Connection, office: str, page: Page, status: str | None = None) -> list[sqlite3.Row]:
    """A page of an office's lists, the latest month first."""
    where, given = "office=?", list[object]([office])
    if status is not None:
        where, given = f"{where} AND status=?", [office, status]
    select = f"SELECT * FROM {_TABLE} WHERE {where}"
    return db.execute(*keyset(select, given, page, sort="month", id="list_id", descending=True)).fetchall()


def reminders(db: sqlite3.Connection, office: str) -> list[sqlite3.Row]:
    """The latest reminder of each list that is not handed in yet: `list_id`, `day`, `month`, `due_on`."""
    return db.execute(
        f"SELECT list_id, MAX(day) AS day, r.month, r.due_on FROM {_TABLE}_reminders r"
        f" JOIN {_TABLE} USING (list_id) WHERE r.office=? AND submitted_on IS NULL AND holder='police'"
        " GROUP BY list_id ORDER BY r.month LIMIT ?",
        (office, MOST_REMINDERS),
    ).fetchall()
