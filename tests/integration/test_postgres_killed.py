"""The server is killed again and again while commands come in: what was acknowledged is there, once."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event, Thread
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import OperationalError

from infra.postgres.throwaway import Throwaway, throwaway
from shared.agreement.parties import Agency, Channel
from shared.log.application import AgencyLog, UnitOfWork
from shared.log.channels import NOTHING, chain, envelope_hash
from shared.log.clock import system_clock
from shared.log.events import Aggregate
from shared.log.stores import Postgres
from shared.messaging.told import Teller
from tests.support.kernel import (
    AGREEMENT,
    CA_DONG,
    UBND_DONG,
    Mouth,
    Notebook,
    Spoke,
    command,
    published,
    released,
)
from tests.support.stores import MODEL, make_model

OFFICERS, KILLS = 4, 6
PATIENCE = 60.0
OUT = Channel(CA_DONG, UBND_DONG).name


@pytest.fixture
def server(postgres: Throwaway) -> Iterator[Throwaway]:
    """A server of its own: commits as durable as in earnest."""
    with throwaway() as server:
        make_model(server)
        yield server


class Officer(Thread):
    """Sends one command after the other, each with its key until it is acknowledged."""

    def __init__(self, log: AgencyLog, number: int, ending: Event) -> None:
        super().__init__()
        self.log, self.book, self.ending = log, UUID(int=number + 1), ending
        self.acknowledged: list[str] = []
        self.troubles = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        try:
            while not self.ending.is_set():
                self._send(f"{self.book.int} {len(self.acknowledged)}")
        except Exception as error:
            self.failure = error

    def _send(self, line: str) -> None:
        ends = time.monotonic() + PATIENCE
        while True:
            try:
                self.log.execute(command(line), noting_and_telling(self.book, line))
            except OperationalError:
                self.troubles += 1
                if time.monotonic() > ends:
                    raise
                self.ending.wait(0.05)
            else:
                self.acknowledged.append(line)
                return


def noting_and_telling(notebook: UUID, line: str) -> Callable[[UnitOfWork], Aggregate]:
    """Notes the line and says a release, which one channel is told."""

    def act(work: UnitOfWork) -> Aggregate:
        book = work.get_or_new(Notebook, notebook)
        book.note(work.now, line)
        person = uuid4()
        work.add(Mouth(uuid4())).trigger(
            Spoke,
            work.now,
            contract="PersonReleased",
            subject=person,
            cases=(person,),
            data=released(person),
        )
        return book

    return act


def kill_something(server: Throwaway, number: int) -> None:
    """The whole server, or one of its processes: then it ends all others and recovers by itself."""
    if number % 2:
        with suppress(Exception), server.connect(MODEL) as admin:
            pids = admin.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", (MODEL,)).fetchall()
            os.kill(random.choice(pids)[0], signal.SIGKILL)
    else:
        server.kill()
        server.start()


def test_what_was_acknowledged_is_there_once_though_the_server_is_killed(server: Throwaway) -> None:
    teller = Teller(Agency.POLICE, AGREEMENT, published)
    log = AgencyLog(Postgres(server.dsn(MODEL, MODEL)), system_clock, teller)
    ending = Event()
    officers = [Officer(log, number, ending) for number in range(OFFICERS)]
    for officer in officers:
        officer.start()
    for number in range(KILLS):
        reached = [len(officer.acknowledged) + 3 for officer in officers]
        ends = time.monotonic() + PATIENCE
        while any(len(it.acknowledged) < least for it, least in zip(officers, reached, strict=True)):
            assert all(officer.is_alive() for officer in officers), [it.failure for it in officers]
            assert time.monotonic() < ends, "no command comes through"
            time.sleep(random.uniform(0.01, 0.2))
        kill_something(server, number)
    ending.set()
    for officer in officers:
        officer.join(PATIENCE)
        assert officer.failure is None
    total = 0
    for officer in officers:
        assert log.get(Notebook, officer.book).lines == officer.acknowledged
        total += len(officer.acknowledged)
    messages = log.books.select_told(OUT, 0, total + 10)
    assert [message.sequence for message in messages] == list(range(1, total + 1))
    digest = NOTHING
    for message in messages:
        digest = chain(digest, envelope_hash(message.envelope))
    assert log.books.head("told", OUT) == (total, digest)
    positions = [it.position for page in log.read() for it in page]
    assert positions == list(range(1, 3 * total + 2))
    log.close()
