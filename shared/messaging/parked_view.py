"""The read model of what is parked, with what was wished for it."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from shared.log.application import Recorded
from shared.log.channels import from_micros, to_micros
from shared.messaging.parking import (
    DiscardWished,
    RetryWished,
    StepDiscarded,
    StepDone,
    StepFailedAgain,
    StepParked,
    StepQueued,
)


class ParkedCases:
    """One row per case (or list) at which something waits; the row goes when nothing does any more."""

    name = "parked"
    version = 1
    tables = """
    CREATE TABLE parked (id TEXT PRIMARY KEY, office TEXT, key TEXT, since INTEGER, waiting INTEGER,
                         code TEXT, reason TEXT, wish TEXT);
    """

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            event, id = recorded.event, str(recorded.event.originator_id)
            match event:
                case StepParked():
                    since = to_micros(recorded.recorded_at)
                    row = (id, event.office, str(event.key), since, 1, event.code, event.reason, None)
                    db.execute("INSERT INTO parked VALUES (?,?,?,?,?,?,?,?)", row)
                case StepQueued():
                    db.execute("UPDATE parked SET waiting=waiting+1 WHERE id=?", (id,))
                case StepFailedAgain():
                    db.execute(
                        "UPDATE parked SET code=?, reason=?, wish=NULL WHERE id=?",
                        (event.code, event.reason, id),
                    )
                case StepDone() | StepDiscarded():
                    db.execute(
                        "UPDATE parked SET waiting=waiting-1, wish=NULL, code='waits', reason='' WHERE id=?",
                        (id,),
                    )
                    db.execute("DELETE FROM parked WHERE id=? AND waiting=0", (id,))
                case RetryWished() | DiscardWished():
                    wish = "retry" if isinstance(event, RetryWished) else "discard"
                    db.execute("UPDATE parked SET wish=? WHERE id=?", (wish, id))


class ParkedRow(msgspec.Struct, frozen=True):
    office: str
    key: str
    since: datetime
    waiting: int
    code: str
    reason: str
    wish: str | None


def parked(db: sqlite3.Connection, office: str | None = None, *, wished: bool = False) -> list[ParkedRow]:
    """What is parked, oldest first; of one office, or only where something was wished."""
    rows = db.execute(
        "SELECT office, key, since, waiting, code, reason, wish FROM parked"
        " WHERE (? IS NULL OR office=?) AND (NOT ? OR wish IS NOT NULL) ORDER BY since, id",
        (office, office, wished),
    )
    return [ParkedRow(r[0], r[1], from_micros(r[2]), *tuple(r)[3:]) for r in rows]
