"""Who is party to the agreement, which communes they serve, and its settings: read from one TOML file.

A *party* is an office by code (`ca-hoadong`); a *channel* is an ordered pair of parties. Which bank
office serves a commune is dated, since offices move (domain facts 0.7).
"""

import tomllib
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec


class Agency(StrEnum):
    POLICE = "police"
    COMMUNE = "commune"
    BANK = "bank"


AGENCY_VI = {Agency.POLICE: "Công an xã", Agency.COMMUNE: "UBND xã", Agency.BANK: "Phòng giao dịch NHCSXH"}


PartyCode = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z", max_length=40)]
CommuneCode = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{5}\Z")]
DayOfMonth = Annotated[int, msgspec.Meta(ge=1, le=28)]


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An office. `commune`: its 5-digit code; for a bank office see the routes instead."""

    code: PartyCode
    agency: Agency
    name: str
    commune: CommuneCode | None = None


class Commune(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: CommuneCode
    name: str
    province: str


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From this day (inclusive) the commune is served by this bank office."""

    commune: str
    bank: str
    since: date


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the law leaves open, or the parties may set (docs/open-questions.md). Days are calendar days
    unless named working days."""

    list_due_day: DayOfMonth = 5
    list_opens_day: DayOfMonth = 25
    reminder_days: tuple[Annotated[int, msgspec.Meta(ge=0, le=28)], ...] = (5, 2, 0)
    commune_decision_working_days: Annotated[int, msgspec.Meta(ge=1, le=60)] = 2
    extra_holidays: tuple[date, ...] = ()
    extra_working_days: tuple[date, ...] = ()


class Channel(msgspec.Struct, frozen=True):
    """All that one party tells another, in one order."""

    publisher: str
    hearer: str

    @property
    def name(self) -> str:
        return f"{self.publisher}→{self.hearer}"

    @classmethod
    def named(cls, name: str) -> "Channel":
        publisher, arrow, hearer = name.partition("→")
        if not (publisher and arrow and hearer):
            raise ValueError(f"“{name}” is not a channel; expected “publisher→hearer”")
        return cls(publisher, hearer)


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signed coordination agreement as data."""

    number: str
    valid_from: date
    valid_until: date
    communes: tuple[Commune, ...]
    parties: tuple[Party, ...]
    routes: tuple[Route, ...]
    settings: Settings = Settings()

    def party(self, code: str) -> Party:
        """Raises KeyError for a code that is not a party."""
        for party in self.parties:
            if party.code == code:
                return party
        raise KeyError(f"{code} is not a party to agreement {self.number}")

    def commune(self, code: str) -> Commune:
        for commune in self.communes:
            if commune.code == code:
                return commune
        raise KeyError(f"commune {code} is not in agreement {self.number}")

    def office(self, agency: Agency, commune: str, on: date) -> Party | None:
        """The office of an agency that serves a commune on a day; None when it is no party."""
        if agency is not Agency.BANK:
            return next((p for p in self.parties if p.agency is agency and p.commune == commune), None)
        routes = [route for route in self.routes if route.commune == commune and route.since <= on]
        return self.party(max(routes, key=lambda route: route.since).bank) if routes else None

    def communes_of(self, party: Party) -> list[Commune]:
        """The communes that a party serves now or ever did."""
        if party.commune is not None:
            return [self.commune(party.commune)]
        codes = {route.commune for route in self.routes if route.bank == party.code}
        return [commune for commune in self.communes if commune.code in codes]

    def channels_to(self, hearer: Party) -> list[Channel]:
        """The channels a party may hear: from every other party that the contracts let speak to it."""
        return [
            Channel(party.code, hearer.code)
            for party in self.parties
            if party.code != hearer.code and self._may_speak(party, hearer)
        ]

    @staticmethod
    def _may_speak(publisher: Party, hearer: Party) -> bool:
        # Banks do not hear each other, nor do committees; a police office hands a person over to any other.
        return publisher.agency is not hearer.agency or publisher.agency is Agency.POLICE


def load_agreement(path: Path) -> Agreement:
    """Raises ValueError naming the file and the place where it is wrong."""
    try:
        agreement = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Agreement)
        _check(agreement)
    except KeyError as error:
        raise ValueError(f"{path}: {error.args[0]}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return agreement


def _check(agreement: Agreement) -> None:
    """That the parts fit each other. Raises ValueError or KeyError, saying which does not."""
    if agreement.valid_until < agreement.valid_from:
        raise ValueError(f"valid_until {agreement.valid_until} lies before valid_from {agreement.valid_from}")
    _check_once("commune", (commune.code for commune in agreement.communes))
    _check_once("party", (party.code for party in agreement.parties))
    _check_once("route", (f"{route.commune} since {route.since}" for route in agreement.routes))
    offices = [party for party in agreement.parties if party.agency is not Agency.BANK]
    for office in offices:
        if office.commune is None:
            raise ValueError(f"party {office.code} has no commune")
        agreement.commune(office.commune)
    _check_once("office", (f"{office.agency} of {office.commune}" for office in offices))
    for route in agreement.routes:
        agreement.commune(route.commune)
        if agreement.party(route.bank).agency is not Agency.BANK:
            raise ValueError(f"route of {route.commune}: {route.bank} is no bank office")


def _check_once(what: str, names: Iterable[str]) -> None:
    seen = set[str]()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} {name} is there twice")
        seen.add(name)
