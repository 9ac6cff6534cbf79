"""What must be the same in whatever order the channels were heard: aggregates, case files, months, an agency's views.

Left out is what tells of the order itself: versions and positions, when something was learnt, the random ids of own
events, and reminders (one is issued or not by what is known that day).
"""

import re
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec

from services.bank.ledger import Ledger
from services.bank.listed_person import ListedPerson
from services.bank.loan import Loan
from services.bank.received_list import ReceivedList
from services.commune.list_check import ListCheck
from services.commune.resident import Resident
from services.police.borrower_list import BorrowerList
from services.police.import_run import ImportDesk
from services.police.person import ReleasedPerson
from shared.log.events import Aggregate
from tests.support.town import Desk

KINDS: dict[str, type[Aggregate]] = {
    "police/person": ReleasedPerson,
    "police/list": BorrowerList,
    "police/import": ImportDesk,
    "commune/list": ListCheck,
    "commune/resident": Resident,
    "bank/list": ReceivedList,
    "bank/listed_person": ListedPerson,
    "bank/loan": Loan,
}
"""By the part of an event's topic before the dot."""

OF_THE_ORDER = {
    "version",
    "originator_version",
    "stamp",
    "_pending",
    "position",
    "learnt",
    "event_id",
    "since",
    "reminded",
}
OF_REMINDERS = {"police_lists_reminders"}
KERNEL_TABLES = {"progress", "versions", "sqlite_stat1"}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def facts(desk: Desk, *, once_own: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Everything that converges, by name. `once_own`: ids of the agency's own events in another telling, which
    its offices heard from one another."""
    own = own_events(desk) | once_own
    return {
        "aggregates": {name: _plain(state, own) for name, state in _aggregates(desk).items()},
        "views": {
            name: sorted((_plain(row, own) for row in table), key=repr)
            for name, table in _views(desk).items()
        },
        "heard": _heads(desk),
    }


def _aggregates(desk: Desk) -> dict[str, Aggregate]:
    """Raises KeyError for an aggregate of the agency whose class is not listed here."""
    found = {}
    agency = f"{desk.service.agency}/"
    for page in desk.log.read():
        for recorded in page:
            if recorded.event.TOPIC.startswith(agency):
                kind = KINDS[recorded.event.TOPIC.partition(".")[0]]
                id = recorded.event.originator_id
                found[f"{kind.__name__} {id}"] = desk.log.get(kind, id)
    return found


def own_events(desk: Desk) -> frozenset[str]:
    """The ids of what the agency decided itself."""
    return frozenset(
        str(it.event.stamp.event_id) for page in desk.log.read() for it in page if it.event.stamp is not None
    )


def _views(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    with desk.service.views.reading() as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            name: [_row(dict(row)) for row in db.execute(f"SELECT * FROM {name}")]
            for name in names
            if name not in KERNEL_TABLES | OF_REMINDERS
        }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _decoded(value) if isinstance(value, bytes) else value
        for name, value in row.items()
        if name not in OF_THE_ORDER
    }


def _decoded(value: bytes) -> Any:
    return msgspec.json.decode(value)


def _heads(desk: Desk) -> dict[str, tuple[int, str]]:
    heads = {channel.name: desk.log.books.head("heard", channel.name) for channel in desk.incoming}
    return {name: (sequence, digest.hex()) for name, (sequence, digest) in heads.items()}


def _plain(value: Any, own: frozenset[str]) -> Any:  # noqa: PLR0911 - one line per kind of value
    if isinstance(value, str):
        return _ID.sub(lambda found: "own event" if found[0] in own else found[0], value)
    if isinstance(value, Enum | UUID | date | datetime) or value is None:
        return _plain(str(value), own)
    if isinstance(value, dict):
        plain = {str(_plain(key, own)): _plain(each, own) for key, each in value.items()}
        return dict(sorted(plain.items()))
    if isinstance(value, set | frozenset):
        return sorted((_plain(each, own) for each in value), key=repr)
    if isinstance(value, list | tuple):
        return [_plain(each, own) for each in value]
    if isinstance(value, msgspec.Struct):
        return _named({name: getattr(value, name) for name in value.__struct_fields__}, own)
    if is_dataclass(value):
        return _named({field.name: getattr(value, field.name) for field in fields(value)}, own)
    if isinstance(value, Aggregate | Ledger):
        return _named(vars(value), own)
    return value


def _named(state: dict[str, Any], own: frozenset[str]) -> dict[str, Any]:
    return {name: _plain(value, own) for name, value in state.items() if name not in OF_THE_ORDER}
