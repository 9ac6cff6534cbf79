"""What makes an agency: the parts its composition root names, and the running service made of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Literal
from uuid import UUID

import click

from shared.agreement.calendar import Calendar
from shared.agreement.errors import NotFound
from shared.agreement.parties import Agency, Agreement, Party
from shared.contracts.base import Published
from shared.hosting.shown import ListLine, ListShown
from shared.log.application import AgencyLog, UnitOfWork
from shared.log.clock import Clock, local_day
from shared.log.events import Event
from shared.log.views import View, ViewStore
from shared.messaging.reactions import Reactions
from shared.sheets.report import Report
from shared.web.api import ApiBlueprint
from shared.web.identity import Users

Duty = Callable[[UnitOfWork], None]


@dataclass(frozen=True)
class Task:
    """Something an office has to do that only it knows of. `text`: in Vietnamese; `url`: where it is done."""

    text: str
    due_on: date | None = None
    url: str | None = None


@dataclass(frozen=True)
class ListFaces:
    """How an agency shows its lists: all of them by month, newest first, and one (raises NotFound)."""

    lines: Callable[["Service", Party], Sequence[ListLine]]
    shown: Callable[["Service", Party, UUID], ListShown]


ImportStep = Literal["checking", "recording"]


@dataclass(frozen=True)
class ImportOptions:
    """How a workbook is imported. `actor`: who is said to have done it.

    `skip_bad`: take the good rows though others are refused. `abandon`: give up first what another import left
    half-done. `progress(step, rows, of)` hears how many rows a step has dealt with, of how many where known.
    """

    actor: str
    dry_run: bool = False
    skip_bad: bool = False
    abandon: bool = False
    progress: Callable[[ImportStep, int, int | None], None] = lambda *_: None


@dataclass(frozen=True)
class AgencyDefinition:
    """An agency's service, as its `service.py` declares it.

    `duties_on(service, office, day)` yields (name, act) for what falls due on a local day; each act is one
    commit and does nothing the second time. `import_file(service, offices, name, content, options)` imports a
    workbook, where the agency takes any. `commands` are for anyone on the command line, as `phoihop AGENCY …`:
    they open no folder and know no user.
    """

    agency: Agency
    title_vi: str
    title_en: str
    published: Callable[[Event], Published | None]
    reactions: Reactions
    views: Callable[[Agreement], Sequence[View]]
    duties_on: Callable[["Service", Party, date], Iterable[tuple[str, Duty]]]
    blueprints: Callable[["Service"], Sequence[ApiBlueprint]]
    list_faces: ListFaces
    tasks: Callable[["Service", Party], Sequence[Task]]
    import_file: Callable[["Service", Sequence[Party], str, BinaryIO, ImportOptions], Report] | None = None
    commands: Sequence[click.Command] = ()


@dataclass(frozen=True)
class Service:
    """A running service of one agency, hosting one or more offices."""

    definition: AgencyDefinition
    agreement: Agreement
    calendar: Calendar
    offices: tuple[Party, ...]
    log: AgencyLog
    views: ViewStore
    users: Users
    clock: Clock

    @property
    def agency(self) -> Agency:
        return self.definition.agency

    def today(self) -> date:
        return local_day(self.clock())

    def office(self, code: str) -> Party:
        """Raises NotFound for a party that is not hosted here."""
        for office in self.offices:
            if office.code == code:
                return office
        raise NotFound("office", code)
