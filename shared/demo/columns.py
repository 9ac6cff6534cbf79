"""One case laid side by side: what each agency holds, event by event, and what each was not told."""

from datetime import datetime
from operator import attrgetter

import msgspec

from shared.agreement.parties import Agency
from shared.agreement.wording import CODES, described
from shared.demo.offices import ActRefused, Json, Offices


class Held(msgspec.Struct, frozen=True):
    """What an agency holds of an event. `own`: it said it; `facts`: (label, text); `untold`: labels it lacks;
    `nameless`: it was told, but not that this person is concerned."""

    own: bool = False
    facts: list[tuple[str, str]] = []
    untold: list[str] = []
    nameless: bool = False


class Row(msgspec.Struct, frozen=True):
    """An event, or (`occurred` None) a fact that stayed in the office; None where an agency was not told."""

    occurred: datetime | None
    name: str
    held: dict[Agency, Held | None]


def case_named(offices: Offices, name: str) -> str:
    """Raises KeyError for a person that no police office knows."""
    for office in offices.codes(Agency.POLICE):
        for case in offices.items(office, "/api/cases"):
            if case["name"] == name:
                return str(case["case_id"])
    raise KeyError(name)


def side_by_side(offices: Offices, name: str) -> list[Row]:
    """The case's events in the order in which they occurred, then what each office keeps to itself."""
    case = case_named(offices, name)
    items: dict[str, dict[Agency, Json]] = {}
    for party in offices.agreement.parties:
        for item in _timeline(offices, party.code, case):
            held = items.setdefault(item["event_id"], {})
            if party.agency not in held or item["publisher"] == party.code:  # what it said before the cut
                held[party.agency] = item
    rows = [_row(offices, by_agency) for by_agency in items.values()]
    return sorted(rows, key=attrgetter("occurred")) + _kept(offices, case)


def _timeline(offices: Offices, office: str, case: str) -> list[Json]:
    try:
        items: list[Json] = offices.get(office, f"/api/cases/{case}/timeline")["items"]
    except ActRefused as refused:
        if refused.why == "not_found":
            return []
        raise
    return items


def _row(offices: Offices, by_agency: dict[Agency, Json]) -> Row:
    one = next(iter(by_agency.values()))
    publisher = offices.agreement.party(one["publisher"]).agency
    communes = {commune.code: commune.name for commune in offices.agreement.communes}
    said = by_agency[publisher]
    whole = described(said["data"], communes)
    told = {offices.agreement.party(code).agency for code in said["told_to"]}
    held: dict[Agency, Held | None] = {}
    for agency in Agency:
        item = by_agency.get(agency)
        if item is None:
            held[agency] = Held(nameless=True) if agency in told else None
            continue
        facts = list(dict.fromkeys(described(item["data"], communes)))
        known = {label for label, _ in facts}
        untold = list(dict.fromkeys(label for label, _ in whole if label not in known))
        held[agency] = Held(agency is publisher, facts, untold)
    return Row(datetime.fromisoformat(one["occurred"]), one["name"], held)


def _kept(offices: Offices, case: str) -> list[Row]:
    """What police and bank wrote down for themselves."""
    rows = []
    for office in offices.codes(Agency.POLICE):
        for person in offices.items(office, "/api/persons"):
            if person["person_id"] == case:
                note = offices.get(office, f"/api/persons/{case}")["note"]
                rows.append(_private(Agency.POLICE, "police_note", [("", note or "–")]))
    for office in offices.codes(Agency.BANK):
        for loan in offices.items(office, "/api/loans"):
            if loan["person_id"] == case:
                rows += _kept_by_bank(offices.get(office, f"/api/loans/{loan['loan_id']}"))
    return rows


def _kept_by_bank(loan: Json) -> list[Row]:
    borrower: dict[str, str] = loan["borrower"]
    relation = CODES.get(borrower["relation"], borrower["relation"])
    interest = sum(receipt["interest"] for receipt in loan["receipts"])
    return [
        _private(Agency.BANK, "borrower", [("", f"{borrower['name']} ({relation})")]),
        _private(Agency.BANK, "interest", [("", f"{interest:,} ₫".replace(",", "."))]),
    ]


def _private(agency: Agency, name: str, facts: list[tuple[str, str]]) -> Row:
    held: dict[Agency, Held | None] = dict.fromkeys(Agency)
    held[agency] = Held(own=True, facts=facts)
    return Row(None, name, held)
