"""The script taken apart into acts, day by day: each one thing that one person at one office does.

An act's key comes from its own id, so that an act done again, by a second run or after a kill, is answered
with what it did the first time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from shared.agreement.acting import Role
from shared.agreement.parties import Agency
from shared.demo.directory import Directory, entry_of
from shared.demo.offices import Json
from shared.demo.script import Import, MonthList, PersonAct, Round, Withdrawal, Year

POLICE, COMMUNE, BANK = Agency.POLICE, Agency.COMMUNE, Agency.BANK
OFFICER, LEADER = Role.OFFICER, Role.LEADER

Do = Callable[[Directory, str], object]
"""Given where things are found and the act's key."""


@dataclass(frozen=True)
class Act:
    """`order`: among the acts of a day; `expects`: the code with which the service is to refuse it."""

    on: date
    order: int
    agency: Agency
    id: str
    do: Do
    expects: str | None = None

    @property
    def key(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"phoihop:demo/{self.id}"))


def acts_of_police(year: Year, folder: Path) -> Iterator[Act]:
    """What the police record of people. `folder`: where the workbooks lie."""
    for workbook in year.imports:
        yield Act(workbook.on, 0, POLICE, f"import {workbook.file}", partial(_import, workbook, folder))
    for it in year.persons:
        yield Act(it.on, 1, POLICE, f"{it.office} {it.person} {it.do} {it.on}", partial(_record, it))
    for back in year.withdrawals:
        id = f"{back.office} {back.person} withdrawn from {back.month}"
        yield Act(back.on, 1, POLICE, id, partial(_withdraw, back))


def acts_on_lists(year: Year) -> Iterator[Act]:
    """The lists on their way from police to commune and back, and to the bank."""
    for it in year.lists:
        for number, round in enumerate(it.rounds, 1):
            id = f"list {it.commune} {it.month} round {number}"
            yield Act(round.drafted, 2, POLICE, f"{id} drafted", partial(_draft, it))
            yield Act(round.signed, 3, POLICE, f"{id} signed", partial(_sign, it))
            if round.returned:
                yield Act(round.returned.on, 4, COMMUNE, f"{id} returned", partial(_return, it, round))
            if round.checked:
                yield Act(round.checked, 4, COMMUNE, f"{id} checked", partial(_check, it, round))
            if round.confirmed:
                yield Act(round.confirmed, 5, COMMUNE, f"{id} confirmed", partial(_confirm, it, round))
        yield Act(it.submitted, 6, POLICE, f"list {it.commune} {it.month} submitted", partial(_submit, it))


def _import(it: Import, folder: Path, at: Directory, key: str) -> None:
    path = folder / it.file
    at.offices.command(it.office, OFFICER, f"/api/imports?name={path.name}", path.read_bytes(), key)


def _record(it: PersonAct, at: Directory, key: str) -> None:
    path, body = at.person(it.office, it.person), it.body
    if it.do == "correction":  # says everything as it is right, so also what was right already
        now = at.offices.get(it.office, path)
        body = {**now["particulars"], **now["release"], "resident_since": now["resident_since"], **body}
    at.offices.command(it.office, OFFICER, f"{path}/{it.do}", body, key, looking_at=path)


def _withdraw(it: Withdrawal, at: Directory, key: str) -> None:
    path = at.list(it.office, it.month)
    entry = entry_of(at.offices.get(it.office, path)["lines"], it.person)
    at.offices.command(it.office, OFFICER, f"{path}/entries/{entry}/withdrawal", {"reason": it.reason}, key)


def _draft(it: MonthList, at: Directory, key: str) -> None:
    office, path = _list_at(at, POLICE, it)
    at.offices.command(office, OFFICER, f"{path}/draft", {}, key, looking_at=path)


def _sign(it: MonthList, at: Directory, key: str) -> None:
    office, path = _list_at(at, POLICE, it)
    at.offices.command(office, LEADER, f"{path}/sign", {}, key, looking_at=path)


def _return(it: MonthList, round: Round, at: Directory, key: str) -> None:
    office, path = _list_at(at, COMMUNE, it)
    assert round.returned  # else there is no such act
    entry = entry_of(at.offices.get(office, path)["lines"], round.returned.person)
    body = {"objections": [{"entry_id": entry, "reason": round.returned.reason}]}
    at.offices.command(office, LEADER, f"{path}/return", body, key, looking_at=path)


def _check(it: MonthList, round: Round, at: Directory, key: str) -> None:
    """The specialist goes through the list entry by entry."""
    office, path = _list_at(at, COMMUNE, it)
    struck = {each.person: each for each in round.struck}
    for line in at.offices.get(office, path)["lines"]:
        entry, name = line["entry"]["entry_id"], line["entry"]["particulars"]["full_name"]
        body: Json = {"decision": "confirmed"}
        if name in struck:
            body = {"decision": "struck", "reason": struck[name].reason, "note": struck[name].note}
        if line["withdrawn_on"] is None:
            at.offices.command(office, OFFICER, f"{path}/entries/{entry}/decision", body, f"{key}/{entry}")


def _confirm(it: MonthList, round: Round, at: Directory, key: str) -> None:
    office, path = _list_at(at, COMMUNE, it)
    body = {"document_no": f"{it.month}/XN-UBND", "document_on": round.confirmed}
    at.offices.command(office, LEADER, f"{path}/confirmation", body, key, looking_at=path)


def _submit(it: MonthList, at: Directory, key: str) -> None:
    office, path = _list_at(at, POLICE, it)
    body = {"document_no": f"{it.month}/DS-CAX", "document_on": it.submitted}
    at.offices.command(office, LEADER, f"{path}/submit", body, key, looking_at=path)


def _list_at(at: Directory, agency: Agency, it: MonthList) -> tuple[str, str]:
    office = at.offices.code(agency, it.commune)
    return office, at.list(office, it.month)
