"""Work in a process of its own, so that nothing else counts in its memory or holds its interpreter's lock.

Each kind of work is a generator: it sets itself up and yields what it has to say about that, then does the work
and yields its answer.
"""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from shared.log.application import Recorded
from shared.log.clock import system_clock
from shared.log.views import ViewStore
from shared.messaging.credentials import PeerCredentials
from shared.messaging.feed import authenticator, feed
from shared.web.app import create_app, mount
from shared.web.identity import Users
from shared.web.serving import Server
from tests.bench.measure import clocked
from tests.bench.offices import COMMITTEE, log_of, views_of


class Changes:
    """A view that only counts how many rows the others wrote, page by page. It must be folded last."""

    name = "bench_changes"
    version = 1
    tables = ""

    def __init__(self) -> None:
        self.after_page: list[int] = []

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        self.after_page.append(db.total_changes)


def rebuild(log_folder: Path, folder: Path) -> Iterator[Any]:
    changes = Changes()
    with log_of(log_folder) as log:
        store = ViewStore(folder, log, [*views_of(log), changes])
        yield {}
        yield {"seconds": clocked(store.rebuild), "changes": changes.after_page}


def serve(log_folder: Path) -> Iterator[Any]:
    """The feed of a police log, until the process is ended."""
    credentials = PeerCredentials(log_folder / "peers.json")
    secret = credentials.grant(COMMITTEE.code)
    with log_of(log_folder) as log:
        users = Users(log_folder / "users.sqlite")
        app = create_app(agency="police", title="", users=users, clock=system_clock, secret_loopback=True)
        mount(app, peers={feed(log): authenticator(credentials)})
        server = Server(app)
        Thread(target=server.run, daemon=True).start()
        yield {"url": f"http://{server.host}:{server.port}", "secret": secret}
        yield {}


WORKS: dict[str, Callable[..., Iterator[Any]]] = {"rebuild": rebuild, "serve": serve}


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
