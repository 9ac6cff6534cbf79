"""Some of the three services as real processes of one agreement, and somebody at every desk."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from shared.agreement.acting import Role
from shared.agreement.parties import Agency, Agreement, Channel
from shared.demo.offices import Json, Offices
from shared.hosting.config import load_config
from shared.hosting.host import open_host
from shared.hosting.processes import ServiceProcess, Together
from shared.hosting.setup import SignIn, prepare
from shared.log.events import Event
from shared.messaging.receipt import EventHeard
from shared.web.identity import Users
from tests.scenarios.playing import EXAMPLES, free_ports
from tests.support.supervisor import Supervisor
from tests.support.town import FAST, PASSWORD

AGREEMENT = EXAMPLES / "agreement.toml"
CA_HM, CA_TM, UBND_HM, UBND_TM = "ca-hoamau", "ca-thienmong", "ubnd-hoamau", "ubnd-thienmong"
COMMUNE_OF = {CA_HM: "99901", CA_TM: "99902"}
COMMITTEE_OF = {CA_HM: UBND_HM, CA_TM: UBND_TM}
PATIENCE = 60.0
"""Seconds of the machine's time after which a test says what did not come true."""
LOOK_AGAIN = 0.05

UNREPORTED: Json = {"heard": 0, "lag": None, "state": "starting", "trouble": None, "since": None}
"""A channel of which the worker has not said anything yet."""

T = TypeVar("T")


@dataclass
class Neighbours:
    """`data`: the folder with a folder per service."""

    data: Path
    agreement: Agreement
    together: Together
    supervisor: Supervisor
    offices: Offices

    def service(self, agency: Agency) -> ServiceProcess:
        return self.together.services[agency]

    def status(self, agency: Agency) -> Json:
        return self.offices.status(agency)

    def line(self, channel: Channel) -> Json:
        """The channel as its hearer sees it."""
        status = self.status(self.agreement.party(channel.hearer).agency)
        return next((line for line in status["incoming"] if line["channel"] == channel.name), UNREPORTED)

    def wait_until_heard(self, channel: Channel) -> Json:
        """Until the hearer has all that the publisher told; returns the hearer's line."""
        status = self.status(self.agreement.party(channel.publisher).agency)
        told: int = next(line["told"] for line in status["outgoing"] if line["channel"] == channel.name)
        return self.wait_for(channel, lambda line: bool(line["heard"] >= told))

    def wait_for(self, channel: Channel, true: Callable[[Json], bool]) -> Json:
        """The hearer's line once this is true of it."""
        return eventually(lambda: self.line(channel), true)

    def register(self, office: str, number: int, key: str) -> str:
        """A released person, by an officer; returns the person's id."""
        body = person(number) | {"commune": COMMUNE_OF[office]}
        answer = self.offices.command(office, Role.OFFICER, "/api/persons", body, key)
        return str(answer["person_id"])


@contextmanager
def neighbours(
    data: Path,
    agencies: Sequence[Agency] = (Agency.POLICE, Agency.COMMUNE),
    *,
    stepped_from: datetime | None = None,
) -> Iterator[Neighbours]:
    """Up on entry, ended on exit."""
    ports = dict(zip(Agency, range(free_ports(), 65536), strict=False))
    agreement = prepare(data, AGREEMENT, ports=ports, stepped_from=stepped_from)
    sign_ins = _sign_ins(data, agreement)
    with Together(data, agencies) as together:
        supervisor = Supervisor(together)
        urls = {agency: service.url for agency, service in together.services.items()}
        with closing(Offices(agreement, sign_ins, urls, supervisor.mend)) as offices:
            yield Neighbours(data, agreement, together, supervisor, offices)


def _sign_ins(data: Path, agreement: Agreement) -> list[SignIn]:
    """As `first_sign_ins`, with passwords that cost less to hash."""
    made = [
        SignIn(party.agency, party.code, f"{role.value}.{party.code}", PASSWORD, role)
        for party in agreement.parties
        for role in Role
    ]
    for agency in Agency:
        with closing(Users(data / agency / "users.sqlite", method=FAST)) as users:
            for each in made:
                if each.agency is agency:
                    who = {"name": "Giả Định", "title": "Chức danh"}
                    users.add(each.username, PASSWORD, office=each.office, role=each.role, **who)
    return made


def eventually(look: Callable[[], T], true: Callable[[T], bool]) -> T:
    """What is seen once it is true; fails with the last thing seen after PATIENCE."""
    until = time.monotonic() + PATIENCE
    while not true(seen := look()):
        assert time.monotonic() < until, f"still not so after {PATIENCE:g} s: {seen}"
        time.sleep(LOOK_AGAIN)
    return seen


def person(number: int) -> Json:
    """What is sent to register a person; by the number nobody is another."""
    first, second = divmod(number, 26)
    return {
        "full_name": f"Nguyễn Giả {chr(65 + first % 26)}o {chr(65 + second)}inh",
        "birth": "1985-03-02",
        "sex": "male",
        "identity_number": f"999085{number:06d}",
        "hamlet": "Thôn Mẫu Hạ",
        "ground": "sentence_completed",
        "certificate_no": f"{number}/GCN-2024",
        "certificate_issued_on": "2024-05-10",
        "completed_on": "2024-05-10",
        "resident_since": "2024-05-12",
        "conduct_good": True,
        "social_evils": False,
        "wants_loan": True,
        "purpose": "production",
        "amount": 50_000_000,
        "note": None,
    }


@dataclass(frozen=True)
class Kept:
    """What a service's log holds, read when its process has ended. `told` and `heard`: event ids in order;
    `receipts`: the same, from the events themselves; `digests`: of every channel, told or heard."""

    events: list[Event]
    told: dict[str, list[str]]
    heard: dict[str, list[str]]
    receipts: dict[str, list[str]]
    digests: dict[str, tuple[int, bytes]]
    views_are_as_rebuilt: bool

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def kept_by(data: Path, agency: Agency) -> Kept:
    folder = data / agency
    host = open_host(folder, load_config(folder))
    try:
        books = host.service.log.books
        events = [recorded.event for page in host.service.log.read() for recorded in page]
        live = host.service.views.dump()
        host.service.views.rebuild()
        heads = {name: books.head(side, name) for side in ("told", "heard") for name in books.channels(side)}
        return Kept(
            events,
            _ids(folder, "told"),
            _ids(folder, "heard"),
            _receipts(events),
            heads,
            live == host.service.views.dump(),
        )
    finally:
        host.close()


def _ids(folder: Path, side: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for channel, sequence, event_id in read(
        folder, f"SELECT channel, sequence, event_id FROM {side} ORDER BY channel, sequence"
    ):
        of_channel = found.setdefault(channel, [])
        of_channel.append(event_id)
        assert sequence == len(of_channel), f"{channel}: a gap before {sequence}"
    return found


def _receipts(events: list[Event]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for event in events:
        if isinstance(event, EventHeard):
            found.setdefault(event.channel, []).append(msgspec.json.decode(event.envelope)["id"])
    return found


def read(folder: Path, sql: str, *given: object) -> list[Any]:
    """Rows of a service's log file, whether its process runs or not."""
    with closing(sqlite3.connect(f"file:{folder / 'log.sqlite'}?mode=ro", uri=True, timeout=30)) as db:
        return db.execute(sql, given).fetchall()
