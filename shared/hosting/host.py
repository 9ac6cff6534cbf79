"""The composition root's common part: a service put together from its agency's definition and its folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path

import shared.hosting.ticks  # noqa: F401 - whoever opens a log reads its ticks
from shared.agreement.calendar import Calendar
from shared.agreement.parties import Agreement, Channel, load_agreement
from shared.contracts.base import Published
from shared.hosting.config import Config
from shared.hosting.definition import AgencyDefinition, Service
from shared.log.application import AgencyLog
from shared.log.clock import Clock, SteppedClock, system_clock
from shared.log.events import Event
from shared.log.views import View, ViewStore
from shared.messaging import digest
from shared.messaging.credentials import PeerCredentials
from shared.messaging.inbox import Inbox
from shared.messaging.parked_view import ParkedCases
from shared.messaging.told import Teller
from shared.mirror.spoken import Memory
from shared.mirror.views import CaseFiles, Months, News, Timeline
from shared.web.identity import Users


@dataclass(frozen=True)
class Host:
    """A service with its means: what web and worker are made from."""

    folder: Path
    config: Config
    service: Service
    inbox: Inbox
    credentials: PeerCredentials

    def close(self) -> None:
        self.service.log.close()
        self.service.users.close()


def find_agency(name: str) -> AgencyDefinition:
    """The definition registered under this name. Raises KeyError."""
    (entry,) = entry_points(group="phoihop.agencies", name=name) or (None,)
    if entry is None:
        raise KeyError(f"no agency named {name} is installed")
    definition: AgencyDefinition = entry.load()
    return definition


def everything_published(definition: AgencyDefinition) -> Callable[[Event], Published | None]:
    """The agency's publications and the ones every service makes (channel digests)."""
    return lambda event: digest.published(event) or definition.published(event)


def open_log(folder: Path, clock: Clock, definition: AgencyDefinition, agreement: Agreement) -> AgencyLog:
    published = everything_published(definition)
    return AgencyLog(folder / "log.sqlite", clock, Teller(definition.agency, agreement, published))


def shared_views(log: AgencyLog, definition: AgencyDefinition, agreement: Agreement) -> Sequence[View]:
    memory = Memory(agreement, everything_published(definition))

    def told_to(event_id: str) -> list[str]:
        return [Channel.named(name).hearer for name in log.books.channels_told(event_id)]

    return (CaseFiles(memory), Timeline(memory, told_to), Months(memory), News(memory), ParkedCases())


def open_host(folder: Path, config: Config) -> Host:
    """Open a service's stores. Raises ValueError for a folder or agreement that does not fit."""
    definition = find_agency(config.agency)
    agreement = load_agreement(Path(config.agreement))
    offices = tuple(agreement.party(code) for code in config.offices)
    for office in offices:
        if office.agency is not definition.agency:
            raise ValueError(
                f"{office.code} is an office of the {office.agency}, not of the {definition.agency}"
            )
    clock = _clock(folder, config.stepped_from)
    log = open_log(folder, clock, definition, agreement)
    views = ViewStore(folder, log, [*shared_views(log, definition, agreement), *definition.views(agreement)])
    users = Users(folder / "users.sqlite")
    service = Service(definition, agreement, Calendar(agreement.settings), offices, log, views, users, clock)
    inbox = Inbox(log, agreement, definition.reactions)
    return Host(folder, config, service, inbox, PeerCredentials(folder / "peers.json"))


def _clock(folder: Path, stepped_from: datetime | None) -> Clock:
    return system_clock if stepped_from is None else SteppedClock(folder / "clock", stepped_from)
