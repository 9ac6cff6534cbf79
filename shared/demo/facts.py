"""What came of the year, asked of the services: counts, stories, and whether the agencies agree."""

from collections.abc import Iterator
from itertools import combinations

import msgspec

from shared.agreement.parties import Agency, Channel
from shared.demo.offices import Json, Offices
from shared.demo.quiet import NOTHING_HEARD, NOTHING_TOLD, Statuses, heard_on, told_on
from shared.demo.script import Year


class Counts(msgspec.Struct, frozen=True):
    events: int
    cases: int
    parked: int


class Traffic(msgspec.Struct, frozen=True):
    sent: int
    received: int


class Lists(msgspec.Struct, frozen=True):
    due: int
    submitted: int
    late: int
    returned: int
    nil: int


class Loans(msgspec.Struct, frozen=True):
    """How many loans were paid out, ever became overdue, are settled."""

    disbursed: int
    overdue: int
    settled: int


class Facts(msgspec.Struct, frozen=True):
    """`agree` as design.md defines it; `differences` names what does not, and is empty when all do."""

    agencies: dict[str, Counts]
    channels: dict[str, Traffic]
    lists: Lists
    loans: Loans
    agree: bool
    differences: tuple[str, ...]


def facts_of(offices: Offices, year: Year, statuses: Statuses) -> Facts:
    """Raises ActRefused, OfficeAway."""
    heard = heard_on(statuses)
    differences = tuple(disagreements(offices, statuses))
    return Facts(
        {agency: Counts(it["events"], it["cases"], it["parked"]) for agency, it in statuses.items()},
        {
            channel: Traffic(told["told"], heard.get(channel, NOTHING_HEARD)["heard"])
            for channel, told in sorted(told_on(statuses).items())
        },
        _lists(offices, year),
        _loans(offices),
        not differences,
        differences,
    )


def disagreements(offices: Offices, statuses: Statuses) -> Iterator[str]:
    """Where the agencies do not agree: a case that is parked, a channel that stopped or whose two ends differ, a
    pair of parties for whom the events that both hold give different case files."""
    for agency, status in statuses.items():
        if status["parked"]:
            yield f"{agency} parked {status['parked']}"
    told, heard = told_on(statuses), heard_on(statuses)
    for channel, line in heard.items():
        if line["state"] == "stopped":
            yield f"{channel} stopped: {line['trouble']}"
    for channel in sorted({*told, *heard}):
        said, taken = told.get(channel, NOTHING_TOLD), heard.get(channel, NOTHING_HEARD)
        if said["told"] != taken["heard"]:
            yield f"{channel} told {said['told']}, heard {taken['heard']}"
        elif said["told"] and said["digest"] != taken["digest"]:
            yield f"{channel} digest at {said['told']}"
    for one, other in combinations([party.code for party in offices.agreement.parties], 2):
        cuts = [told.get(Channel(*pair).name, NOTHING_TOLD)["told"] for pair in ((one, other), (other, one))]
        if any(cuts):
            here = _held_with(offices, one, other, told=cuts[0], heard=cuts[1])
            there = _held_with(offices, other, one, told=cuts[1], heard=cuts[0])
            for name, name_there in (("told", "heard"), ("heard", "told"), ("case_files", "case_files")):
                if here[name] != there[name_there]:
                    yield f"{one}, {other} {name}: {here[name][:12]}… ≠ {there[name_there][:12]}…"


def _held_with(offices: Offices, office: str, other: str, *, told: int, heard: int) -> Json:
    return offices.get(office, f"/api/channels/{other}/agreement?told={told}&heard={heard}")


def _lists(offices: Offices, year: Year) -> Lists:
    months = [
        month
        for office in offices.codes(Agency.POLICE)
        for month in offices.get(office, "/api/months")["items"]
        if year.first_month <= month["month"] <= year.last_month
    ]
    handed_in = [month for month in months if month.get("submitted")]
    return Lists(
        due=len(offices.agreement.communes) * year.months,
        submitted=len(handed_in),
        late=sum("overdue_holder" in month for month in months),
        returned=sum(bool(month.get("returned")) for month in months),
        nil=sum(month["entries"] == 0 for month in handed_in),
    )


def _loans(offices: Offices) -> Loans:
    loans = [loan for bank in offices.codes(Agency.BANK) for loan in offices.items(bank, "/api/loans")]
    return Loans(
        disbursed=sum(loan["disbursed"] > 0 for loan in loans),
        overdue=sum(loan["overdue_since"] is not None for loan in loans),
        settled=sum(loan["settled_on"] is not None for loan in loans),
    )
