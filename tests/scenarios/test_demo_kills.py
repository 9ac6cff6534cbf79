"""Services killed (SIGKILL) while the year is played, and all of them at once: the same facts come out."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from threading import Event, Lock, Thread

from shared.agreement.parties import Agency
from shared.demo.driver import opening
from shared.demo.offices import Json
from shared.demo.quiet import wait_until_quiet
from shared.hosting.processes import Together
from shared.hosting.setup import prepare
from tests.scenarios.playing import EXAMPLES, YEAR, at_the_desks, free_ports, natural_facts, play_until

BLACKOUT = date(2025, 11, 3)
LAST = date(2025, 11, 27)
LONGEST_PEACE = 1.5  # seconds between two kills
MOST_KILLS = 8


class Supervisor:
    """Starts again what ends; `torment` kills one service after the other, only never one that is starting."""

    def __init__(self, together: Together) -> None:
        self.together = together
        self.kills = 0
        self._busy = Lock()

    def mend(self) -> None:
        with self._busy:
            self.together.watch()

    @contextmanager
    def torment(self, chance: random.Random | None) -> Iterator[None]:
        """Until the block is left; not at all without `chance`."""
        ended = Event()
        killer = Thread(target=self._kill, args=(chance, ended))
        if chance:
            killer.start()
        try:
            yield
        finally:
            ended.set()
            if chance:
                killer.join()
        self.mend()

    def _kill(self, chance: random.Random, ended: Event) -> None:
        while self.kills < MOST_KILLS and not ended.wait(chance.uniform(0.1, LONGEST_PEACE)):
            with self._busy:
                victim = self.together.services[chance.choice(list(Agency))]
                if victim.running():
                    victim.kill()
                    self.kills += 1


def play_months(services: Path, until: date, chance: random.Random | None = None) -> tuple[Json, int]:
    """Play (on) until a day; what every office holds then, and how many kills it took. With `chance` all three
    are killed at the end as well."""
    ports = dict(zip(Agency, range(free_ports(), 65536), strict=False))
    start = opening(YEAR.begins)
    agreement = prepare(services, EXAMPLES / "agreement.toml", ports=ports, stepped_from=start)
    with Together(services) as together:
        supervisor = Supervisor(together)
        with at_the_desks(together, services, agreement, supervisor.mend) as offices:
            with supervisor.torment(chance):
                play_until(offices, until)
            wait_until_quiet(offices, until)
            facts = natural_facts(offices)
        if chance:
            for service in together.services.values():
                service.kill()
    return facts, supervisor.kills


def test_services_killed_at_any_moment_end_with_the_same_facts(tmp_path: Path) -> None:
    undisturbed, _ = play_months(tmp_path / "undisturbed", LAST)
    chance = random.Random(2023)
    _, kills = play_months(tmp_path / "killed", BLACKOUT, chance)
    facts, more_kills = play_months(tmp_path / "killed", LAST, chance)
    assert kills + more_kills >= 3
    assert facts == undisturbed
