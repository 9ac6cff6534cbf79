"""Services killed (SIGKILL) while the year is played, and all of them at once: the same facts come out.

A short run; a longer one by PHOIHOP_CRASH_UNTIL (a day of the year), PHOIHOP_CRASH_KILLS and PHOIHOP_CRASH_SEED.
"""

import random
from datetime import date
from os import environ
from pathlib import Path

from shared.agreement.parties import Agency
from shared.demo.driver import opening
from shared.demo.offices import Json
from shared.demo.quiet import wait_until_quiet
from shared.hosting.processes import Together
from shared.hosting.setup import prepare
from tests.scenarios.playing import EXAMPLES, YEAR, at_the_desks, free_ports, natural_facts, play_until
from tests.support.supervisor import Supervisor

BLACKOUT = date(2025, 11, 3)
LAST = date.fromisoformat(environ.get("PHOIHOP_CRASH_UNTIL", "2025-11-27"))
LONGEST_PEACE = 1.5  # seconds between two kills
MOST_KILLS = int(environ.get("PHOIHOP_CRASH_KILLS", "8"))
SEED = int(environ.get("PHOIHOP_CRASH_SEED", "2023"))


def play_months(services: Path, until: date, chance: random.Random | None = None) -> tuple[Json, int]:
    """Play (on) until a day; what every office holds then, and how many kills it took. With `chance` all three
    are killed at the end as well."""
    ports = dict(zip(Agency, range(free_ports(), 65536), strict=False))
    start = opening(YEAR.begins)
    agreement = prepare(services, EXAMPLES / "agreement.toml", ports=ports, stepped_from=start)
    with Together(services) as together:
        supervisor = Supervisor(together)
        with at_the_desks(together, services, agreement, supervisor.mend) as offices:
            with supervisor.torment(chance, LONGEST_PEACE, MOST_KILLS):
                play_until(offices, until)
            wait_until_quiet(offices, until)
            facts = natural_facts(offices)
        if chance:
            for service in together.services.values():
                service.kill()
    return facts, supervisor.kills


def test_services_killed_at_any_moment_end_with_the_same_facts(tmp_path: Path) -> None:
    undisturbed, _ = play_months(tmp_path / "undisturbed", LAST)
    chance = random.Random(SEED)
    _, kills = play_months(tmp_path / "killed", BLACKOUT, chance)
    facts, more_kills = play_months(tmp_path / "killed", LAST, chance)
    assert kills + more_kills >= 3
    assert facts == undisturbed
