"""The application base: one log, opened once, written only through a unit of work."""

import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from threading import Condition, RLock
from typing import Any, TypeVar, cast
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import msgspec
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import IntegrityError, Tracking

from shared.agreement.acting import Command
from shared.agreement.errors import KeyReused, NotFound, StaleVersion
from shared.log.channels import Heard, Told, from_micros
from shared.log.clock import Clock
from shared.log.events import Aggregate, Event, Stamp
from shared.log.sqlite import LogRecorder

A = TypeVar("A", bound=Aggregate)
Teller = Callable[[Event, UUID], Sequence[Told]]
"""From a stamped event and the log's incarnation to what each channel is told of it."""

NAMESPACE = uuid5(NAMESPACE_URL, "https://phoihop.vn/")
DECIDE_AGAIN = 12
"""How often a decision is taken anew when others wrote to the same aggregates meanwhile."""
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.1
"""Seconds before it is taken anew: doubled each time, with some chance so that processes do not meet again."""
PAGE = 200
"""Events read at a time. Of more, Python's garbage collector would find most alive, and go through them again."""


def natural_id(*parts: object) -> UUID:
    """The id of the one aggregate that a natural key names. Never give it an identity number."""
    return uuid5(NAMESPACE, "/".join(str(part) for part in parts))


def _tell_nobody(_event: Event, _incarnation: UUID) -> Sequence[Told]:
    return ()


class LogOpened(Event, frozen=True, kw_only=True):
    TOPIC = "log/opened"
    incarnation: UUID


class CommandCarriedOut(Event, frozen=True, kw_only=True):
    TOPIC = "log/command.carried_out"
    key: str
    body_hash: str
    resource: UUID
    resource_version: int


class Incarnation(Aggregate):
    """Which life of the log this is: restoring a back-up begins a new one."""

    current: UUID

    def when(self, event: LogOpened) -> None:
        self.current = event.incarnation


class CommandReceipt(Aggregate):
    """That a command was carried out, in the same commit as the decision it led to."""

    body_hash: str
    resource: UUID
    resource_version: int

    def when(self, event: CommandCarriedOut) -> None:
        self.body_hash = event.body_hash
        self.resource = event.resource
        self.resource_version = event.resource_version


class Outcome(msgspec.Struct, frozen=True):
    """What a command led to. `replayed`: it had been carried out before, nothing was done now."""

    resource: UUID
    version: int
    replayed: bool = False


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """An event as it stands in the log."""

    position: int
    recorded_at: datetime
    event: Event


class UnitOfWork:
    """Aggregates loaded and decisions taken together: one commit, or nothing.

    `party`, `actor`, `correlation` and `causation` say who acts and why; they are stamped on what is
    collected. An aggregate is loaded once (identity map).
    """

    def __init__(self, log: "AgencyLog", party: str, actor: str, correlation: UUID | None = None) -> None:
        self.log = log
        self.now = log.clock()
        self.party = party
        self.actor = actor
        self.correlation = correlation or uuid4()
        self.causation: UUID | None = None
        self.heard: list[Heard] = []
        self._aggregates: dict[UUID, Aggregate | None] = {}
        self._decided: list[Event] = []
        self._events: list[Event] = []
        self._told: list[Told] = []

    def find(self, kind: type[A], id: UUID) -> A | None:
        if id not in self._aggregates:
            found = self._aggregates[id] = self.log.find(kind, id)
            if found is not None:
                found.decide_into(self._decided)
        return cast(A | None, self._aggregates[id])

    def get(self, kind: type[A], id: UUID, expected_version: int | None = None) -> A:
        """Raises NotFound; StaleVersion when the caller looked at another version than the present one."""
        found = self.find(kind, id)
        if found is None:
            raise NotFound(kind.CALLED, id)
        if expected_version is not None and found.version != expected_version:
            raise StaleVersion(expected_version, found.version)
        return found

    def get_or_new(self, kind: type[A], id: UUID) -> A:
        found = self.find(kind, id)
        return self.add(kind(id)) if found is None else found

    def add(self, aggregate: A) -> A:
        self._aggregates[aggregate.id] = aggregate
        aggregate.decide_into(self._decided)
        return aggregate

    def collect(self) -> None:
        """Stamp what was decided so far with the present actor and cause, and see what is told of it.

        Raises what the stored form and the teller refuse: nothing of this work can then be recorded.
        """
        decided, self._decided[:] = self._decided[:], []
        for event in decided:
            stamp = Stamp(uuid4(), self.party, self.actor, self.correlation, self.causation)
            stamped = msgspec.structs.replace(event, stamp=stamp)
            self.log.mapper.to_stored_event(cast(Any, stamped))
            self._events.append(stamped)
            self._told += self.log.tell(stamped, self.log.incarnation)

    def commit(self, tracking: Tracking | None = None) -> None:
        """Raises IntegrityError when others wrote to the same aggregates or channels since they were read."""
        self.collect()
        if self._events or tracking or self.heard:
            self.log.record(self._events, self._told, self.heard, tracking)


class AgencyLog(Application[UUID]):
    """A service's log. Constructed once per process, after any fork."""

    name = "log"
    env = {
        "PERSISTENCE_MODULE": "shared.log.sqlite",
        "MAPPER_TOPIC": "shared.log.mapper:TypedMapper",
    }

    def __init__(self, path: Path, clock: Clock, tell: Teller | None = None) -> None:
        self.clock = clock
        self.tell = tell or _tell_nobody
        self._grown = Condition()
        self._turn = RLock()
        self.growth = 0
        self.incarnation = UUID(int=0)
        super().__init__({"SQLITE_DBNAME": path.absolute().as_uri()})
        self.incarnation = self._open()

    def construct_recorder(self) -> LogRecorder:
        recorder = cast(LogRecorder, self.factory.process_recorder())
        recorder.clock = self.clock
        return recorder

    @property
    def books(self) -> LogRecorder:
        """The recorder, by its own type."""
        return cast(LogRecorder, self.recorder)

    def find(self, kind: type[A], id: UUID, version: int | None = None) -> A | None:
        try:
            found: A = self.repository.get(id, version=version, projector_func=kind.project)
        except AggregateNotFoundError:
            return None
        return found

    def get(self, kind: type[A], id: UUID, version: int | None = None) -> A:
        """Raises NotFound."""
        found = self.find(kind, id, version)
        if found is None:
            raise NotFound(kind.CALLED, id)
        return found

    def work(self, party: str, actor: str, correlation: UUID | None = None) -> UnitOfWork:
        return UnitOfWork(self, party, actor, correlation)

    def record(
        self,
        events: Sequence[Event],
        told: Sequence[Told] = (),
        heard: Sequence[Heard] = (),
        tracking: Tracking | None = None,
    ) -> None:
        """One commit: the events, what channels are told of them, what was heard, the position."""
        stored = [self.mapper.to_stored_event(cast(Any, event)) for event in events]
        self.books.insert_events(stored, told=told, heard=heard, tracking=tracking)
        self.wake()

    def execute(self, command: Command, decide: Callable[[UnitOfWork], Aggregate]) -> Outcome:
        """Carry out a command once, however often it is sent.

        Raises KeyReused when the key came with another body before, and whatever `decide` raises.
        """
        user = command.user
        receipt_id = natural_id("command", user.office, user.username, command.key)

        def act(work: UnitOfWork) -> Outcome:
            receipt = work.find(CommandReceipt, receipt_id)
            if receipt is not None:
                if receipt.body_hash != command.body_hash:
                    raise KeyReused(command.key)
                return Outcome(receipt.resource, receipt.resource_version, replayed=True)
            resource = decide(work)
            work.add(CommandReceipt(receipt_id)).trigger(
                CommandCarriedOut,
                work.now,
                key=command.key,
                body_hash=command.body_hash,
                resource=resource.id,
                resource_version=resource.version,
            )
            return Outcome(resource.id, resource.version)

        return cast(Outcome, self.decide(user.office, user.username, act))

    def decide(
        self, party: str, actor: str, act: Callable[[UnitOfWork], Any], tracking: Tracking | None = None
    ) -> Any:
        """Load, decide, save; anew when somebody else was faster, a bounded number of times."""
        with self._turn:  # Whoever lost a race decides again before others in this process begin.
            pass
        with contextlib.suppress(IntegrityError):
            return self._decide_once(party, actor, act, tracking)
        with self._turn:
            for attempt in range(DECIDE_AGAIN - 1):
                with contextlib.suppress(IntegrityError):
                    return self._decide_once(party, actor, act, tracking)
                time.sleep(random.uniform(0, min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)))  # noqa: S311
            return self._decide_once(party, actor, act, tracking)

    def _decide_once(
        self, party: str, actor: str, act: Callable[[UnitOfWork], Any], tracking: Tracking | None
    ) -> Any:
        work = self.work(party, actor)
        result = act(work)
        work.commit(tracking)
        return result

    def read(self, after: int = 0, until: int | None = None, page: int = PAGE) -> Iterator[list[Recorded]]:
        """Pages of the log in order, from `after` (exclusive) until (inclusive) a position."""
        while True:
            notifications = self.books.select_notifications(after, page, until, inclusive_of_start=False)
            if not notifications:
                return
            yield [
                Recorded(n.id, from_micros(n.recorded_micros), cast(Event, self.mapper.to_domain_event(n)))
                for n in notifications
            ]
            after = notifications[-1].id

    def head(self) -> int:
        """The position of the last event."""
        return self.books.max_notification_id() or 0

    def wait_for_growth(self, seen: int, seconds: float) -> int:
        """Return `growth` once it differs from `seen` (this process recorded something, or `wake` was
        called), or after `seconds` of the machine's time."""
        with self._grown:
            self._grown.wait_for(lambda: self.growth != seen, seconds)
            return self.growth

    def wake(self) -> None:
        with self._grown:
            self.growth += 1
            self._grown.notify_all()

    def _open(self) -> UUID:
        id = natural_id("incarnation")

        def act(work: UnitOfWork) -> UUID:
            life = work.find(Incarnation, id)
            if life is None:
                life = work.add(Incarnation(id))
                life.trigger(LogOpened, work.now, incarnation=uuid4())
            return life.current

        return cast(UUID, self.decide("", "system", act))
