"""The year begun on SQLite, moved to PostgreSQL, and played on while services and server are killed: the same facts."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from infra.postgres.throwaway import Throwaway, throwaway
from shared.agreement.parties import Agency
from shared.hosting.config import load_config
from shared.hosting.moving import to_postgres
from shared.log.schema import migrate_service
from tests.scenarios.test_demo_kills import BLACKOUT, LAST, play_months

SERVER_KILLS = 3


@pytest.fixture
def server(postgres: Throwaway) -> Iterator[Throwaway]:
    """One of its own, since it is killed; as durable as in earnest."""
    with throwaway() as server:
        yield server


def move(services: Path, server: Throwaway) -> None:
    """Each agency's log to a database of its own."""
    for agency in Agency:
        server.make_database(agency)
        migrate_service(server.dsn(agency, agency))
        to_postgres(services / agency, server.dsn(agency, agency))


@contextmanager
def killed_again_and_again(server: Throwaway, chance: random.Random) -> Iterator[list[float]]:
    """The moments at which it was killed, until the block is left."""
    ended, kills = Event(), list[float]()

    def torment() -> None:
        while len(kills) < SERVER_KILLS and not ended.wait(chance.uniform(1, 4)):
            kills.append(time.monotonic())
            server.kill()
            server.start()

    killer = Thread(target=torment)
    killer.start()
    try:
        yield kills
    finally:
        ended.set()
        killer.join()


def test_a_year_moved_to_postgres_and_played_on_under_kills_ends_with_the_same_facts(
    server: Throwaway, tmp_path: Path
) -> None:
    undisturbed, _ = play_months(tmp_path / "undisturbed", LAST)
    chance = random.Random(5)
    services = tmp_path / "moved"
    play_months(services, BLACKOUT)
    move(services, server)
    assert all(load_config(services / agency).postgres for agency in Agency)
    with killed_again_and_again(server, chance) as kills:
        facts, service_kills = play_months(services, LAST, chance)
    assert len(kills) + service_kills >= 3
    assert facts == undisturbed
