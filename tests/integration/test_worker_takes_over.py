"""Two workers of one service: one leads, and when it is killed the other does."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.agreement.parties import Agency
from shared.hosting.setup import prepare
from shared.hosting.status import read_report
from shared.log.stores import Postgres
from tests.support.stores import store_at

ROOT = Path(__file__).parents[2]
SOON = 60.0


@pytest.fixture
def folder(store: str, tmp_path: Path) -> Path:
    """A police service, its log in a file or on the server."""
    at = store_at(tmp_path / "log")
    postgres = {Agency.POLICE: at.dsn} if isinstance(at, Postgres) else {}
    prepare(tmp_path, ROOT / "examples" / "agreement.toml", postgres=postgres)
    return tmp_path / Agency.POLICE


@pytest.fixture
def workers(folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    with ExitStack() as stack:
        started = []
        for _ in range(2):
            command = [sys.executable, "-m", "shared.hosting.run", str(folder), "worker"]
            worker = stack.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
            stack.callback(worker.kill)
            started.append(worker)
        yield started


def leader(folder: Path, besides: int = 0) -> int:
    """Who reported last, other than `besides`."""
    ends = time.monotonic() + SOON
    while time.monotonic() < ends:
        report = read_report(folder)
        if report and report.pid != besides:
            return report.pid
        time.sleep(0.05)
    raise AssertionError("nobody leads")


@pytest.mark.parametrize("store", ["sqlite", "postgres"], indirect=True)
def test_a_second_worker_leads_when_the_first_is_killed(
    folder: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    first = leader(folder)
    by_pid = {worker.pid: worker for worker in workers}
    second = next(pid for pid in by_pid if pid != first)
    assert by_pid[second].poll() is None
    by_pid[first].kill()
    assert leader(folder, besides=first) == second
    by_pid[second].terminate()
    assert by_pid[second].wait(SOON) == 0
