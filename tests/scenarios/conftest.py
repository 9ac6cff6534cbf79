"""The demonstration, played once for all scenarios: by the very command that a newcomer types."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shared.demo.offices import Offices
from shared.hosting.processes import Together
from shared.hosting.setup import prepare
from tests.scenarios.playing import EXAMPLES, at_the_desks, free_ports

DEMO_SECONDS = 240
"""Far above the 60 s it may take, for machines that do other things as well."""


@dataclass(frozen=True)
class Demo:
    """A demonstration that was played to its end. `data`: what `--data` was; `facts`: its `--json`."""

    data: Path
    port: int
    facts: dict[str, Any]
    output: str

    @property
    def services(self) -> Path:
        return self.data / "demo"


def run_demo(data: Path, port: int) -> Demo:
    """`phoihop demo --exit --json FILE`; fails the test unless it ends with status 0."""
    facts = data / "facts.json"
    command = [Path(sys.executable).with_name("phoihop"), "--data", data, "demo", "--exit"]
    ended = subprocess.run(
        [*map(str, command), "--port", str(port), "--json", str(facts)],
        capture_output=True,
        text=True,
        timeout=DEMO_SECONDS,
        check=False,
        env={"COLUMNS": "200", "PYTHONUTF8": "1"},
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return Demo(data, port, json.loads(facts.read_bytes()), ended.stdout)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The whole year, played; the services have ended."""
    return run_demo(tmp_path_factory.mktemp("demo"), free_ports())


@pytest.fixture(scope="session")
def offices(demo: Demo) -> Iterator[Offices]:
    """The services of the played year, up again, and somebody signed in everywhere."""
    agreement = prepare(demo.services, EXAMPLES / "agreement.toml")
    with Together(demo.services) as together, at_the_desks(together, demo.services, agreement) as desks:
        yield desks
