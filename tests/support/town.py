"""The real services in this process: real logs, tellers, inboxes, views and apps on the clock of the test.

Two communes (99901 Đông, 99902 Tây), each with police and committee, and one or two transaction offices.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask

from shared.agreement.acting import Command, Role, User
from shared.agreement.calendar import Calendar
from shared.agreement.parties import Agency, Agreement, Channel, Commune, Party, Route
from shared.hosting.config import Config, Link
from shared.hosting.definition import AgencyDefinition, Service
from shared.hosting.host import Host, find_agency, open_log, shared_views
from shared.hosting.ticks import tick
from shared.hosting.web import build_app
from shared.log.application import AgencyLog, Outcome, UnitOfWork
from shared.log.clock import start_of
from shared.log.events import Aggregate
from shared.log.views import ViewStore
from shared.messaging.credentials import PeerCredentials
from shared.messaging.inbox import Inbox
from shared.web.identity import Users

DONG, TAY = "99901", "99902"
CA_DONG, CA_TAY = "ca-dong", "ca-tay"
UBND_DONG, UBND_TAY = "ubnd-dong", "ubnd-tay"
PGD, PGD_TAY = "pgd-song", "pgd-nui"
PASSWORD = "tháng ba mưa phùn"
FAST = "scrypt:1024:8:1"  # the cost of hashing is not what these tests are about
BEGINNING = date(2025, 1, 1)
FIRST_DAY = datetime(2026, 2, 20, tzinfo=UTC)
MOST_ROUNDS = 50
"""Of messages answering messages, before a test says that they never end."""


def agreement(*, banks: int = 1) -> Agreement:
    """`banks`: with 2, each commune is served by a transaction office of its own."""
    bank_of_tay = PGD if banks == 1 else PGD_TAY
    parties = (
        Party(CA_DONG, Agency.POLICE, "Công an xã Đông", DONG),
        Party(CA_TAY, Agency.POLICE, "Công an xã Tây", TAY),
        Party(UBND_DONG, Agency.COMMUNE, "UBND xã Đông", DONG),
        Party(UBND_TAY, Agency.COMMUNE, "UBND xã Tây", TAY),
        Party(PGD, Agency.BANK, "PGD Sông"),
        Party(PGD_TAY, Agency.BANK, "PGD Núi"),
    )
    return Agreement(
        "01/QCPH",
        BEGINNING,
        date(2030, 12, 31),
        (Commune(DONG, "Xã Đông", "Tỉnh Giả"), Commune(TAY, "Xã Tây", "Tỉnh Giả")),
        parties if banks == 2 else parties[:5],
        (Route(DONG, PGD, BEGINNING), Route(TAY, bank_of_tay, BEGINNING)),
    )


class Hands:
    """A clock that the test moves, back too."""

    def __init__(self, now: datetime = FIRST_DAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """One agency's service with all its offices."""

    def __init__(self, folder: Path, agency: Agency, agreed: Agreement) -> None:
        self.clock = Hands()
        self.agreement = agreed
        self.definition: AgencyDefinition = find_agency(agency)
        offices = tuple(party for party in agreed.parties if party.agency is agency)
        log = open_log(folder, self.clock, self.definition, agreed)
        views = ViewStore(
            folder, log, [*shared_views(log, self.definition, agreed), *self.definition.views(agreed)]
        )
        users = Users(folder / "users.sqlite", method=FAST)
        calendar = Calendar(agreed.settings)
        self.service = Service(self.definition, agreed, calendar, offices, log, views, users, self.clock)
        self.inbox = Inbox(log, agreed, self.definition.reactions)
        links = tuple(
            Link(channel.publisher, channel.hearer, "http://127.0.0.1:1", "-")
            for office in offices
            for channel in agreed.channels_to(office)
        )
        config = Config(agency, tuple(each.code for each in offices), "-", 0, links=links)
        self.credentials = PeerCredentials(folder / "peers.json")
        self.host = Host(folder, config, self.service, self.inbox, self.credentials)

    def close(self) -> None:
        self.host.close()

    @property
    def log(self) -> AgencyLog:
        return self.service.log

    @property
    def incoming(self) -> list[Channel]:
        return [Channel(link.publisher, link.hearer) for link in self.host.config.links]

    def execute(
        self, user: User, decide: Callable[[UnitOfWork, Command], Aggregate], key: str | None = None
    ) -> Outcome:
        command = Command(user, key or str(uuid4()), "", None)
        return self.log.execute(command, lambda work: decide(work, command))

    def tick(self, office: str, day: date) -> None:
        """Early in the morning."""
        self.clock.now = start_of(day) + timedelta(hours=1)
        tick(self.service, self.service.office(office), day)

    def told(self, channel: Channel, after: int = 0) -> list[bytes]:
        return [message.envelope for message in self.log.books.select_told(channel.name, after, 10_000)]

    def app(self) -> Flask:
        return build_app(self.host)

    def enrol(self, *roles: Role) -> dict[tuple[str, Role], dict[str, str]]:
        """A user per office and role; returns the headers with which each one speaks."""
        headers = {}
        for office in self.service.offices:
            for role in roles:
                user = member(office.code, role)
                self.service.users.add(
                    user.username, PASSWORD, name=user.name, title=user.title, office=user.office, role=role
                )
                token = self.service.users.sign_in(user.username, PASSWORD, datetime.now(UTC))
                headers[office.code, role] = {"Authorization": f"Bearer {token}"}
        return headers


class Town:
    """Every agency's desk; messages are carried by hand."""

    def __init__(self, desks: dict[Agency, Desk], agreed: Agreement) -> None:
        self.desks = desks
        self.agreement = agreed

    def of(self, office: str) -> Desk:
        return self.desks[self.agreement.party(office).agency]

    def deliver(self) -> None:
        """Carry every message, and those that answer them, until nothing is left to carry."""
        for _ in range(MOST_ROUNDS):
            carried = sum(self._carry(desk, it) for desk in self.desks.values() for it in desk.incoming)
            if not carried:
                return
        raise AssertionError(f"messages still answer messages after {MOST_ROUNDS} rounds")

    def _carry(self, desk: Desk, channel: Channel) -> bool:
        before = desk.inbox.position(channel)
        messages = self.of(channel.publisher).told(channel, before)
        return bool(messages) and desk.inbox.hear(channel, messages) > before


@contextmanager
def opened(folder: Path, agreed: Agreement, agencies: Sequence[Agency] = tuple(Agency)) -> Iterator[Town]:
    """The desks of these agencies, closed at the end."""
    with ExitStack() as stack:
        desks = {}
        for agency in agencies:
            (folder / agency).mkdir(parents=True)
            desks[agency] = Desk(folder / agency, agency, agreed)
            stack.callback(desks[agency].close)
        yield Town(desks, agreed)


def member(office: str, role: Role) -> User:
    """The user of a role at an office."""
    return User(f"{role.value}.{office}", f"{role.value.title()} Giả Định", f"Chức danh {role}", office, role)


def officer(office: str) -> User:
    return member(office, Role.OFFICER)


def leader(office: str) -> User:
    return member(office, Role.LEADER)


def rows(desk: Desk, sql: str, *given: Any) -> list[dict[str, Any]]:
    """What a query on the views finds, caught up."""
    with desk.service.views.reading() as db:
        return [dict(row) for row in db.execute(sql, given)]
