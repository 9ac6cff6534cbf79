"""Moving a service to another store: while it does not run, all or nothing."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from shared.hosting.config import load_config, save_config
from shared.hosting.host import open_host
from shared.log import moving
from shared.log.moving import CannotMove, Copied
from shared.log.stores import Postgres
from shared.log.views import ViewStore


class WorkerRuns(ValueError):
    """Somebody works on what is to be moved."""


@contextmanager
def nobody_works(folder: Path) -> Iterator[None]:
    """Raises WorkerRuns while a worker of the service in this folder runs; none can begin meanwhile."""
    lock = FileLock(folder / "worker.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise WorkerRuns(f"{folder}: a worker runs; end the service first") from None
    try:
        yield
    finally:
        lock.release()


def to_postgres(folder: Path, dsn: str) -> list[Copied]:
    """Copy a service's log to PostgreSQL, compare both, rebuild the views from the copy and compare these too; then
    the service's log is the copy, and the file refuses whatever is still to be recorded there.

    Raises WorkerRuns, CannotMove, ValueError, OperationalError: then the service stands where it stood.
    """
    config = load_config(folder)
    if config.postgres is not None:
        raise CannotMove(f"{folder}: the log is in PostgreSQL already")
    moved = msgspec.structs.replace(config, postgres=Postgres(dsn).dsn)
    with ExitStack() as stack:
        stack.enter_context(nobody_works(folder))
        old = stack.enter_context(closing(open_host(folder, config)))
        file = stack.enter_context(moving.nobody_writes(folder / "log.sqlite"))
        copied = moving.copy(file, dsn)
        old.service.views.catch_up()
        before = fingerprint(old.service.views)
        new = stack.enter_context(closing(open_host(folder, moved)))
        new.service.views.rebuild()
        if (after := fingerprint(new.service.views)) != before:
            different = sorted(name for name, digest in before.items() if after.get(name) != digest)
            raise CannotMove(f"the views folded from the copy differ: {', '.join(different)}")
        moving.close_for_good(file)
        save_config(folder, moved)
    return copied


def fingerprint(views: ViewStore) -> dict[str, str]:
    """SHA-256 over the rows of each table of the views."""
    with views.reading() as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        digests = {}
        for table in tables:
            digest = hashlib.sha256()
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            for row in db.execute(f"SELECT * FROM {table} ORDER BY {', '.join(columns)}"):
                digest.update(repr(tuple(row)).encode())
            digests[table] = digest.hexdigest()
        return digests
