"""The people of a commune that its committee has heard of."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.commune.resident import ResidentRecorded
from shared.log.application import Recorded
from shared.web.paging import Page, keyset


@dataclass(frozen=True, slots=True)
class ResidentRow:
    """`full_name` and what follows is None for somebody of whom nobody has yet said who it is."""

    person_id: UUID
    presence: str
    full_name: str | None
    birth: str | None
    hamlet: str | None
    ground: str | None
    resident_since: date | None


class ResidentsView:
    name = "commune_residents"
    version = 1
    tables = """
        CREATE TABLE commune_resident (
            office TEXT NOT NULL, person_id TEXT NOT NULL, presence TEXT NOT NULL, full_name TEXT, birth TEXT,
            hamlet TEXT, ground TEXT, resident_since TEXT,
            PRIMARY KEY (office, person_id)) WITHOUT ROWID;
    """

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            if isinstance(recorded.event, ResidentRecorded):
                self._record(db, recorded.event)

    @staticmethod
    def _record(db: sqlite3.Connection, event: ResidentRecorded) -> None:
        facts = event.facts
        particulars = facts.particulars or {}
        db.execute(
            "INSERT INTO commune_resident VALUES (:office,:person_id,:presence,:full_name,:birth,:hamlet,:ground,"
            ":resident_since) ON CONFLICT DO UPDATE SET presence=:presence, full_name=:full_name,"
            " birth=:birth, hamlet=:hamlet, ground=:ground, resident_since=:resident_since",
            {
                "office": event.who.office,
                "person_id": str(event.who.person_id),
                "presence": facts.presence,
                "full_name": particulars.get("full_name"),
                "birth": particulars.get("birth"),
                "hamlet": particulars.get("hamlet"),
                "ground": facts.ground,
                "resident_since": facts.resident_since and facts.resident_since.isoformat(),
            },
        )


def residents_of(db: sqlite3.Connection, office: str, page: Page) -> list[ResidentRow]:
    """A committee's residents by name; one more than the page, to see whether there is another."""
    select = "SELECT *, COALESCE(full_name, '') AS name FROM commune_resident WHERE office=?"
    rows = db.execute(*keyset(select, [office], page, sort="name", id="person_id"))
    return [
        ResidentRow(
            UUID(r["person_id"]),
            r["presence"],
            r["full_name"],
            r["birth"],
            r["hamlet"],
            r["ground"],
            None if r["resident_since"] is None else date.fromisoformat(r["resident_since"]),
        )
        for r in rows
    ]
