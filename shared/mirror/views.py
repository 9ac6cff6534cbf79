"""The shared read models: case files, their timelines, months, and what is new from the others.

Every row belongs to an office, and queries ask for one: users of one office never see another's.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.agreement.casefile import CaseFile
from shared.agreement.casefile import fold as fold_case
from shared.agreement.monthfile import MonthFile
from shared.agreement.monthfile import fold as fold_month
from shared.contracts.registry import REGISTRY
from shared.log.application import Recorded
from shared.log.channels import from_micros, to_micros
from shared.mirror.spoken import Memory, Remembered

ToldTo = Callable[[str], list[str]]
"""From an event's id to the parties that were told."""

# A program that understands more contracts would fold more of the same log: then the views are rebuilt.
_LANGUAGE = len(REGISTRY) * 1000 + sum(contract.version for contract in REGISTRY.values())


class CaseFiles:
    """Case files with what lists are sorted and searched by."""

    name = "case_files"
    version = 2_000_000 + _LANGUAGE
    tables = """
    CREATE TABLE case_files (office TEXT, case_id TEXT, name TEXT, stage TEXT, commune TEXT, file BLOB,
                             PRIMARY KEY (office, case_id)) WITHOUT ROWID;
    CREATE INDEX case_files_stage ON case_files (office, stage);
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        files: dict[tuple[str, UUID], CaseFile] = {}
        for remembered in self._memory.page(page):
            for case in remembered.cases:
                key = (remembered.office, case)
                if key not in files:
                    files[key] = case_file(db, *key) or CaseFile(case)
                fold_case(files[key], remembered.spoken)
        db.executemany(
            "INSERT OR REPLACE INTO case_files VALUES (?,?,?,?,?,?)",
            [
                (office, str(case), file.name, file.stage, file.commune, msgspec.json.encode(file))
                for (office, case), file in files.items()
            ],
        )


class Timeline:
    """Every published event of a case, with the time it occurred and the time this office learnt of it."""

    name = "timeline"
    version = 2_000_000 + _LANGUAGE
    tables = """
    CREATE TABLE timeline (office TEXT, case_id TEXT, occurred INTEGER, event_id TEXT, learnt INTEGER,
                           position INTEGER, name TEXT, publisher TEXT, told_to TEXT, data BLOB,
                           PRIMARY KEY (office, case_id, occurred, event_id)) WITHOUT ROWID;
    """

    def __init__(self, memory: Memory, told_to: ToldTo) -> None:
        self._memory = memory
        self._told_to = told_to

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        rows = []
        for remembered in self._memory.page(page):
            if remembered.cases:
                told_to = (
                    self._told_to(str(remembered.spoken.event_id)) if remembered.own else [remembered.office]
                )
                rows += [_timeline_row(remembered, case, told_to) for case in remembered.cases]
        db.executemany("INSERT OR REPLACE INTO timeline VALUES (?,?,?,?,?,?,?,?,?,?)", rows)


class Months:
    """Month files: one per list."""

    name = "months"
    version = 1_000_000 + _LANGUAGE
    tables = """
    CREATE TABLE months (office TEXT, list_id TEXT, month TEXT, commune TEXT, state TEXT, file BLOB,
                         PRIMARY KEY (office, list_id)) WITHOUT ROWID;
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        files: dict[tuple[str, UUID], MonthFile] = {}
        for remembered in self._memory.page(page):
            if "month" not in remembered.spoken.data:
                continue
            key = (remembered.office, UUID(remembered.spoken.data["list_id"]))
            if key not in files:
                files[key] = month_file(db, *key) or MonthFile(key[1])
            fold_month(files[key], remembered.spoken)
        db.executemany(
            "INSERT OR REPLACE INTO months VALUES (?,?,?,?,?,?)",
            [
                (office, str(list_id), file.month, file.commune, file.state, msgspec.json.encode(file))
                for (office, list_id), file in files.items()
            ],
        )


class News:
    """What the others did: one row per event heard, for the officers' notifications."""

    name = "news"
    version = 1_000_000 + _LANGUAGE
    tables = """
    CREATE TABLE news (office TEXT, position INTEGER, learnt INTEGER, occurred INTEGER, name TEXT,
                       publisher TEXT, subject TEXT, cases TEXT, data BLOB,
                       PRIMARY KEY (office, position)) WITHOUT ROWID;
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        rows = [
            _news_row(remembered)
            for remembered in self._memory.page(page)
            if not remembered.own and remembered.spoken.name != "ChannelDigest"
        ]
        db.executemany("INSERT OR REPLACE INTO news VALUES (?,?,?,?,?,?,?,?,?)", rows)


def case_file(db: sqlite3.Connection, office: str, case: UUID) -> CaseFile | None:
    row = db.execute(
        "SELECT file FROM case_files WHERE office=? AND case_id=?", (office, str(case))
    ).fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=CaseFile)


def month_file(db: sqlite3.Connection, office: str, list_id: UUID) -> MonthFile | None:
    row = db.execute(
        "SELECT file FROM months WHERE office=? AND list_id=?", (office, str(list_id))
    ).fetchone()
    return None if row is None else msgspec.json.decode(row[0], type=MonthFile)


def month_files(db: sqlite3.Connection, office: str, since: str = "") -> list[MonthFile]:
    """The months of an office from `since` (YYYY-MM) on, newest first."""
    rows = db.execute(
        "SELECT file FROM months WHERE office=? AND month>=? ORDER BY month DESC, commune", (office, since)
    )
    return [msgspec.json.decode(row[0], type=MonthFile) for row in rows]


class TimelineItem(msgspec.Struct, frozen=True):
    event_id: str
    name: str
    publisher: str
    told_to: list[str]
    occurred: datetime
    learnt: datetime
    position: int
    data: msgspec.Raw


def timeline(db: sqlite3.Connection, office: str, case: UUID) -> list[TimelineItem]:
    """The events of a case in the order in which they occurred."""
    rows = db.execute(
        "SELECT event_id, name, publisher, told_to, occurred, learnt, position, data FROM timeline"
        " WHERE office=? AND case_id=? ORDER BY occurred, event_id",
        (office, str(case)),
    )
    return [
        TimelineItem(
            r[0], r[1], r[2], r[3].split(), from_micros(r[4]), from_micros(r[5]), r[6], msgspec.Raw(r[7])
        )
        for r in rows
    ]


def _timeline_row(remembered: Remembered, case: UUID, told_to: list[str]) -> tuple[object, ...]:
    spoken = remembered.spoken
    return (
        remembered.office,
        str(case),
        to_micros(spoken.occurred),
        str(spoken.event_id),
        to_micros(remembered.learnt),
        remembered.position,
        spoken.name,
        spoken.publisher,
        " ".join(told_to),
        msgspec.json.encode(_about(spoken.data, case)),
    )


def _about(data: dict[str, Any], case: UUID) -> dict[str, Any]:
    """The data of a list event, cut to one person's lines."""
    cut = dict(data)
    for field in ("entries", "decisions"):
        if isinstance(data.get(field), list):
            cut[field] = [line for line in data[field] if line.get("person_id") == str(case)]
    for field in ("annex", "reasons"):
        if isinstance(data.get(field), list):
            entries = {line["entry_id"] for line in cut.get("entries", ())}
            cut[field] = [line for line in data[field] if line["entry_id"] in entries]
    return cut


def _news_row(remembered: Remembered) -> tuple[object, ...]:
    spoken = remembered.spoken
    return (
        remembered.office,
        remembered.position,
        to_micros(remembered.learnt),
        to_micros(spoken.occurred),
        spoken.name,
        spoken.publisher,
        str(remembered.subject),
        " ".join(map(str, remembered.cases)),
        msgspec.json.encode(spoken.data),
    )
