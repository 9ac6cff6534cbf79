"""The register: who is, or was, in this office's care; who is whom; what is still missing.

One row per case. Details are read from the case itself; this table finds and lists.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import msgspec

from services.police.facts import Particulars, Release
from services.police.intake.check import particulars_key
from services.police.person_events import (
    ConductAssessed,
    EntryClosed,
    EntryListed,
    LoanNoted,
    NeedSurveyed,
    NoteWritten,
    OfPerson,
    PersonReceived,
    PersonRegistered,
    PersonTransferred,
    ReleaseCorrected,
    ReleaseRetracted,
    ResidenceRegistered,
)
from services.police.views.columns import set_columns
from shared.log.application import Recorded
from shared.web.paging import Page, keyset

MOST_INCOMPLETE = 200
_TABLE = "police_persons"


class PersonsView:
    name = _TABLE
    version = 1
    tables = f"""
    CREATE TABLE {_TABLE} (
        case_key TEXT PRIMARY KEY, version INTEGER NOT NULL, office TEXT NOT NULL, commune TEXT NOT NULL,
        person_id TEXT NOT NULL, standing TEXT NOT NULL, full_name TEXT NOT NULL DEFAULT '', birth TEXT,
        sex TEXT, identity_number TEXT, hamlet TEXT, residence_registered INTEGER NOT NULL DEFAULT 0,
        resident_since TEXT, ground TEXT, certificate_no TEXT, certificate_issued_on TEXT, completed_on TEXT,
        probation_ends_on TEXT, particulars_key TEXT, conduct_good INTEGER, social_evils INTEGER,
        wants_loan INTEGER, purpose TEXT, amount INTEGER, study_months INTEGER, moved_to TEXT
    );
    CREATE INDEX {_TABLE}_listed ON {_TABLE} (office, full_name, person_id);
    CREATE INDEX {_TABLE}_wishing ON {_TABLE} (office, standing, wants_loan);
    CREATE INDEX {_TABLE}_numbers ON {_TABLE} (office, identity_number);
    CREATE INDEX {_TABLE}_particulars ON {_TABLE} (office, particulars_key);
    """

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            if isinstance(recorded.event, OfPerson):
                self._fold_one(db, recorded.event)

    def _fold_one(self, db: sqlite3.Connection, event: OfPerson) -> None:
        key, case = event.originator_id.hex, event.case
        if event.originator_version == 1:
            db.execute(
                f"INSERT INTO {_TABLE} (case_key, version, office, commune, person_id, standing)"
                " VALUES (?, 0, ?, ?, ?, 'shell')",
                (key, case.office, case.commune, str(case.person_id)),
            )
        changed = {"version": event.originator_version, "commune": case.commune, **_changed(event)}
        set_columns(db, _TABLE, {"case_key": key}, changed)


def _changed(event: OfPerson) -> dict[str, Any]:
    changed: dict[str, Any]
    match event:
        case PersonRegistered() | ReleaseCorrected():
            changed = {
                "standing": "resident",
                "residence_registered": 1,
                "resident_since": event.resident_since.isoformat(),
                **_identity(event.particulars, event.release),
            }
        case PersonReceived():
            changed = {
                "standing": "resident",
                "residence_registered": 0,
                "resident_since": event.received_on.isoformat(),
                "moved_to": None,
                **_identity(event.particulars, event.release),
                **dict.fromkeys(
                    ("conduct_good", "social_evils", "wants_loan", "purpose", "amount", "study_months")
                ),
            }
        case ResidenceRegistered():
            changed = {
                "residence_registered": 1,
                "resident_since": event.resident_since.isoformat(),
                **msgspec.structs.asdict(event.particulars),
            }
        case ReleaseRetracted():
            changed = {"standing": "retracted"}
        case PersonTransferred():
            changed = {"standing": "transferred", "moved_to": event.to_commune}
        case NeedSurveyed():
            changed = msgspec.structs.asdict(event.need)
        case ConductAssessed():
            changed = {"conduct_good": event.conduct.good, "social_evils": event.conduct.social_evils}
        case EntryClosed(outcome="withdrawn"):
            changed = {"wants_loan": 0}  # she is asked again before she is listed again
        case EntryListed() | EntryClosed() | LoanNoted() | NoteWritten():
            changed = {}
        case _:
            raise TypeError(f"{type(event).__qualname__} is not folded into {_TABLE}")
    return changed


def _identity(particulars: Particulars, release: Release) -> dict[str, Any]:
    told = msgspec.structs.asdict(particulars) | msgspec.to_builtins(release)
    return {**told, "particulars_key": _key(told)}


def _key(told: Mapping[str, Any]) -> str:
    return "\x1f".join(particulars_key(told))


def same_person(
    db: sqlite3.Connection, office: str, particulars: Particulars, release: Release
) -> UUID | None:
    """The resident case that is the same person: by identity number; where one of the two has none, by name,
    birth and certificate."""
    row = _same(db, "standing='resident'", office, particulars, release)
    return None if row is None else UUID(row["person_id"])


def former_case(
    db: sqlite3.Connection, office: str, particulars: Particulars, release: Release
) -> sqlite3.Row | None:
    """A case of the same person that was handed over or retracted: columns `person_id`, `standing`, `moved_to`."""
    return _same(db, "standing IN ('transferred','retracted')", office, particulars, release)


def _same(
    db: sqlite3.Connection, standing: str, office: str, particulars: Particulars, release: Release
) -> sqlite3.Row | None:
    # The plus keeps the query planner from the index by standing, which would read all residents.
    select = f"SELECT person_id, standing, moved_to FROM {_TABLE} WHERE office=? AND +{standing} AND "
    number = particulars.identity_number
    key = _key(msgspec.structs.asdict(particulars) | {"certificate_no": release.certificate_no})
    found = None
    if number is not None:
        found = db.execute(select + "identity_number=? LIMIT 1", (office, number)).fetchone()
        select += "identity_number IS NULL AND "
    if found is None:
        found = db.execute(select + "particulars_key=? LIMIT 1", (office, key)).fetchone()
    return cast("sqlite3.Row | None", found)


def wishing(db: sqlite3.Connection, office: str) -> list[UUID]:
    """Residents who wish for a loan: those for whom the month's list must be considered."""
    rows = db.execute(
        f"SELECT person_id FROM {_TABLE} WHERE office=? AND standing='resident' AND wants_loan=1"
        " ORDER BY full_name, person_id",
        (office,),
    )
    return [UUID(row[0]) for row in rows]


def wishing_of(db: sqlite3.Connection, office: str, page: Page) -> list[sqlite3.Row]:
    """A page of them: columns `person_id`, `full_name`."""
    select = (
        f"SELECT person_id, full_name FROM {_TABLE} WHERE office=? AND standing='resident' AND wants_loan=1"
    )
    return db.execute(*keyset(select, [office], page, sort="full_name", id="person_id")).fetchall()


def incomplete(db: sqlite3.Connection, office: str) -> list[sqlite3.Row]:
    """Residents about whom something is missing before they can be listed, at most MOST_INCOMPLETE: columns
    `person_id`, `full_name`, `identity_number`, `residence_registered`, `conduct_good`."""
    return db.execute(
        f"SELECT person_id, full_name, identity_number, residence_registered, conduct_good FROM {_TABLE}"
        " WHERE office=? AND standing='resident'"
        " AND (identity_number IS NULL OR residence_registered=0 OR conduct_good IS NULL)"
        " ORDER BY full_name, person_id LIMIT ?",
        (office, MOST_INCOMPLETE),
    ).fetchall()


def persons_of(
    db: sqlite3.Connection, office: str, page: Page, standing: str | None = None, name: str | None = None
) -> list[sqlite3.Row]:
    """A page of an office's cases by name; `name`: a part of the full name, as it is written."""
    where, given = ["office=?", "standing<>'shell'"], list[object]([office])
    if standing is not None:
        where.append("standing=?")
        given.append(standing)
    if name is not None:
        where.append("instr(full_name, ?)>0")
        given.append(name)
    select = f"SELECT * FROM {_TABLE} WHERE {' AND '.join(where)}"
    return db.execute(*keyset(select, given, page, sort="full_name", id="person_id")).fetchall()
