"""Toy offices on real logs: what the tests of the kernel act on.

Two communes (99901 Đông, 99902 Tây), each with police and committee, and one transaction office.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from shared.agreement.acting import Command, Role, User
from shared.agreement.parties import Agency, Agreement, Channel, Commune, Party, Route
from shared.contracts.base import Data, Published
from shared.contracts.common import ENTRY_EXAMPLE
from shared.contracts.hashing import canonical
from shared.contracts.registry import REGISTRY
from shared.log.application import AgencyLog, UnitOfWork, natural_id
from shared.log.clock import Clock
from shared.log.events import Aggregate, Event
from shared.messaging import digest
from shared.messaging.inbox import Inbox
from shared.messaging.parking import ParkedCase, parked_id
from shared.messaging.reactions import HeardEvent, Reaction, Reactions
from shared.messaging.told import Teller

CA_DONG, CA_TAY, UBND_DONG, UBND_TAY, PGD = "ca-dong", "ca-tay", "ubnd-dong", "ubnd-tay", "pgd-ba"
DONG, TAY = "99901", "99902"

AGREEMENT = Agreement(
    "01/QCPH-HC",
    date(2025, 1, 1),
    date(2030, 12, 31),
    (Commune(DONG, "Xã Đông", "Tỉnh Giả"), Commune(TAY, "Xã Tây", "Tỉnh Giả")),
    (
        Party(CA_DONG, Agency.POLICE, "Công an xã Đông", DONG),
        Party(CA_TAY, Agency.POLICE, "Công an xã Tây", TAY),
        Party(UBND_DONG, Agency.COMMUNE, "UBND xã Đông", DONG),
        Party(UBND_TAY, Agency.COMMUNE, "UBND xã Tây", TAY),
        Party(PGD, Agency.BANK, "PGD Ba"),
    ),
    (Route(DONG, PGD, date(2025, 1, 1)), Route(TAY, PGD, date(2025, 1, 1))),
)
NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)
LAN = User("lan", "Nguyễn Thị Lan", "Cán bộ", CA_DONG, Role.OFFICER)


class Hands:
    """A clock that the test moves, back too."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


class Noted(Event, frozen=True, kw_only=True):
    TOPIC = "toy/noted"
    line: str


class Notebook(Aggregate):
    """Keeps what was noted, in order."""

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.lines: list[str] = []

    def note(self, at: datetime, line: str) -> None:
        self.trigger(Noted, at, line=line)

    def when(self, event: Noted) -> None:
        self.lines.append(event.line)


class Spoke(Event, frozen=True, kw_only=True):
    """An event that says something in the published language; what is given here is said as it is."""

    TOPIC = "toy/spoke"
    contract: str
    subject: UUID
    cases: tuple[UUID, ...]
    data: dict[str, Any]
    flags: frozenset[str] = frozenset()
    only_hearer: str | None = None


class Mouth(Aggregate):
    said: Spoke

    def when(self, event: Spoke) -> None:
        self.said = event


def published(event: Event) -> Published | None:
    if isinstance(event, Spoke):
        return Published(
            event.contract,
            event.subject,
            event.cases,
            event.occurred,
            event.data,
            event.flags,
            event.only_hearer,
        )
    return digest.published(event)


@contextmanager
def opened(path: Path, clock: Clock | None = None, agency: Agency | None = None) -> Iterator[AgencyLog]:
    """A log that is closed at the end; with `agency` it tells what that agency publishes."""
    teller = None if agency is None else Teller(agency, AGREEMENT, published)
    log = AgencyLog(path, clock or Hands(), teller)
    try:
        yield log
    finally:
        log.close()


def note(log: AgencyLog, notebook: UUID, *lines: str) -> None:
    def act(work: UnitOfWork) -> None:
        for line in lines:
            work.get_or_new(Notebook, notebook).note(work.now, line)

    log.decide(CA_DONG, LAN.username, act)


def noting(notebook: UUID, line: str) -> Callable[[UnitOfWork], Aggregate]:
    def act(work: UnitOfWork) -> Aggregate:
        kept = work.get_or_new(Notebook, notebook)
        kept.note(work.now, line)
        return kept

    return act


def command(key: str = "k1", body: str = "a" * 64, version: int | None = None, user: User = LAN) -> Command:
    return Command(user, key, body, version)


def say(
    log: AgencyLog,
    party: str,
    contract: str,
    data: Data,
    *,
    subject: UUID | None = None,
    cases: Iterable[UUID] = (),
    flags: Iterable[str] = (),
    only_hearer: str | None = None,
) -> UUID:
    """One event of `party`; returns its id. The subject is the list or the person of the data."""
    about = subject or UUID(data.get("list_id") or data.get("person_id") or str(uuid4()))
    mouth = uuid4()

    def act(work: UnitOfWork) -> None:
        work.add(Mouth(mouth)).trigger(
            Spoke,
            work.now,
            contract=contract,
            subject=about,
            cases=tuple(cases),
            data=data,
            flags=frozenset(flags),
            only_hearer=only_hearer,
        )

    log.decide(party, "tester", act)
    return log.get(Mouth, mouth).said.stamped.event_id


def released(person: UUID, commune: str = DONG, **changed: Any) -> Data:
    return example(Agency.POLICE, "PersonReleased", person_id=str(person), commune=commune, **changed)


def list_sent(list_id: UUID, *persons: UUID, commune: str = DONG) -> Data:
    entries = [
        ENTRY_EXAMPLE | {"person_id": str(person), "entry_id": str(natural_id("entry", list_id, person))}
        for person in persons
    ]
    annex = [
        {"entry_id": entry["entry_id"], "conduct_good": True, "social_evils": False} for entry in entries
    ]
    return example(
        Agency.POLICE,
        "ListSentForConfirmation",
        list_id=str(list_id),
        commune=commune,
        entries=entries,
        annex=annex,
    )


def example(agency: Agency, name: str, **changed: Any) -> Data:
    return deepcopy(REGISTRY[agency, name].example) | changed


def say_release(log: AgencyLog, person: UUID, party: str = CA_DONG, commune: str = DONG) -> UUID:
    return say(log, party, "PersonReleased", released(person, commune), cases=[person])


def say_list(log: AgencyLog, list_id: UUID, *persons: UUID, party: str = CA_DONG) -> UUID:
    return say(log, party, "ListSentForConfirmation", list_sent(list_id, *persons), cases=persons)


def say_disbursed(log: AgencyLog, person: UUID, commune: str = DONG) -> UUID:
    data = example(Agency.BANK, "LoanDisbursed", person_id=str(person), commune=commune)
    return say(log, PGD, "LoanDisbursed", data, cases=[person])


def told(log: AgencyLog, channel: Channel, after: int = 0, limit: int = 1000) -> list[bytes]:
    return [message.envelope for message in log.books.select_told(channel.name, after, limit)]


def tampered(message: bytes, **changed: Any) -> bytes:
    """The message with other attributes; None takes one away."""
    envelope = msgspec.json.decode(message) | changed
    return canonical({name: value for name, value in envelope.items() if value is not None})


class Diary(Aggregate):
    """What an office did about one case or list, in order."""

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.steps: list[str] = []

    def when(self, event: Noted) -> None:
        self.steps.append(event.line)


def diary_id(office: str, key: UUID) -> UUID:
    return natural_id("diary", office, key)


class Scribe:
    """Reactions that write down each step they do, and raise for what stands in `failing`.

    A key of `failing` is a case, a list, or the name of a contract.
    """

    def __init__(self) -> None:
        self.failing: dict[UUID | str, Exception] = {}

    def whole(self, work: UnitOfWork, heard: HeardEvent) -> None:
        self._write(work, heard, heard.subject, "whole")

    def each_case(self, work: UnitOfWork, heard: HeardEvent, case: UUID) -> None:
        self._write(work, heard, case, "case")

    def _write(self, work: UnitOfWork, heard: HeardEvent, key: UUID, step: str) -> None:
        diary = work.get_or_new(Diary, diary_id(heard.hearer, key))
        diary.trigger(Noted, work.now, line=f"{heard.contract.name} {heard.event_id} {step}")
        for reason in (key, heard.contract.name):
            if reason in self.failing:
                raise self.failing[reason]

    def reactions(self) -> Reactions:
        """Lists are acted on as a whole and entry by entry, everything else by case."""
        return {
            key: Reaction(self.whole if contract.about == "list" else None, self.each_case)
            for key, contract in REGISTRY.items()
            if contract.about != "channel"
        }


class Hearer:
    """An office's inbox on a real log, with a scribe for an agency."""

    def __init__(self, log: AgencyLog, office: str, reactions: Reactions | None = None) -> None:
        self.log = log
        self.office = office
        self.scribe = Scribe()
        self.reactions = self.scribe.reactions() if reactions is None else reactions
        self.restart()

    def restart(self) -> None:
        self.inbox = Inbox(self.log, AGREEMENT, self.reactions)

    def channel(self, publisher: str = CA_DONG) -> Channel:
        return Channel(publisher, self.office)

    def hear(self, *messages: bytes, publisher: str = CA_DONG) -> int:
        return self.inbox.hear(self.channel(publisher), messages)

    def hear_all(self, log: AgencyLog, publisher: str = CA_DONG, batch: int = 100) -> int:
        """Hear what the publisher's log holds for us, until nothing is left or the channel stops."""
        channel = self.channel(publisher)
        while (position := self.inbox.position(channel)) < log.books.head("told", channel.name)[0]:
            if self.hear(*told(log, channel, position, batch), publisher=publisher) == position:
                break
        return self.inbox.position(channel)

    def stopped(self, publisher: str = CA_DONG) -> str | None:
        stop = self.inbox.stopped(self.channel(publisher))
        return None if stop is None else stop.code

    def steps(self, key: UUID) -> list[str]:
        diary = self.log.find(Diary, diary_id(self.office, key))
        return [] if diary is None else diary.steps

    def did(self, key: UUID) -> list[str]:
        """The contracts of the steps done for a case or list, in order."""
        return [step.split()[0] for step in self.steps(key)]

    def parked(self, key: UUID) -> ParkedCase | None:
        return self.log.find(ParkedCase, parked_id(self.office, key))

    def waiting(self, key: UUID) -> int:
        parked = self.parked(key)
        return 0 if parked is None else len(parked.waiting)

    def retry(self, key: UUID) -> None:
        self._wish(key, lambda parked, at: parked.wish_retry(at, "quantri", key))

    def discard(self, key: UUID, why: str = "nhập nhầm") -> None:
        self._wish(key, lambda parked, at: parked.wish_discard(at, "quantri", key, why))

    def _wish(self, key: UUID, wish: Callable[[ParkedCase, datetime], None]) -> None:
        self.log.decide(
            self.office,
            "quantri",
            lambda work: wish(work.get(ParkedCase, parked_id(self.office, key)), work.now),
        )
        self.inbox.carry_out_wish(self.office, key)

    def events(self, *kinds: type[Event]) -> list[Event]:
        return [it.event for page in self.log.read() for it in page if isinstance(it.event, kinds)]
