"""Work in a process of its own, so that nothing else counts in its memory or holds its interpreter's lock.

Each kind of work is a generator: it sets itself up and yields what it has to say about that, then does the work
and yields its answer.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from services.police.application.imports import import_file
from shared.hosting.definition import ImportOptions
from shared.hosting.web import build_app
from shared.log.application import Recorded
from shared.log.views import ViewStore
from shared.web.serving import Server
from tests.bench.measure import clocked
from tests.bench.offices import COMMITTEE, OFFICER, host


class Changes:
    """A view that only counts how many rows the others wrote, page by page. It must be folded last."""

    name = "bench_changes"
    version = 1
    tables = ""

    def __init__(self) -> None:
        self.after_page: list[int] = []

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        self.after_page.append(db.total_changes)


def rebuild(office: Path, folder: Path) -> Iterator[Any]:
    """A police office's views from its log, into another folder."""
    changes = Changes()
    with host(office) as police:
        store = ViewStore(folder, police.service.log, [*police.service.views.views, changes])
        yield None
        yield {"seconds": clocked(store.rebuild), "changes": changes.after_page}


def take_in(workbook: Path, folder: Path) -> Iterator[Any]:
    """A workbook into a new police office's register."""
    with host(folder) as police, workbook.open("rb") as content:
        service = police.service
        yield None
        began = time.perf_counter()
        report = import_file(
            service, service.offices, workbook.name, content, ImportOptions(OFFICER.username)
        )
        yield {"seconds": time.perf_counter() - began, "accepted": report.accepted}


def serve(office: Path) -> Iterator[Any]:
    """A police office's web and feed, until the process is ended."""
    with host(office) as police:
        secret = police.credentials.grant(COMMITTEE.code)
        server = Server(build_app(police))
        Thread(target=server.run, daemon=True).start()
        yield {"url": f"http://{server.host}:{server.port}", "secret": secret}
        yield None


WORKS: dict[str, Callable[..., Iterator[Any]]] = {"rebuild": rebuild, "import": take_in, "serve": serve}


def main(work: str, *arguments: str) -> None:
    steps = WORKS[work](*map(Path, arguments))
    _say(next(steps))
    sys.stdin.readline()
    _say(next(steps))


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
