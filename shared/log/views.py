"""Read models: folded from the log into a second store, which may be dropped at any time.

Whoever reads catches the views up first, so a user sees his own decision at once. A rebuild goes into a
new file while the old one serves; then the pointer is swapped.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Protocol
from uuid import uuid4

from filelock import FileLock

from shared.log.application import AgencyLog, Recorded

PAGE = 500
READER_PAGES = 20
"""How many pages a reader folds before it is served what there is: a rebuild is the worker's job."""
MOST_IDLE = 8
"""Readers' connections kept open at a time."""


class View(Protocol):
    """A read model: its tables, how a page of the log is folded into them, and (elsewhere) its queries.

    `version` changes with the tables or the fold; another version than the stored one means a rebuild.
    """

    name: str
    version: int
    tables: str

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None: ...


class ViewStore:
    """All views of one service in one SQLite file, with one position in the log."""

    def __init__(self, folder: Path, log: AgencyLog, views: Sequence[View]) -> None:
        self.folder = folder
        self.log = log
        self.views = views
        self._pointer = folder / "views.current"
        self._writing = Lock()
        self._lock = FileLock(folder / "views.lock")
        self._rebuilding = FileLock(folder / "views.rebuild.lock")
        self._idle = _Idle()
        with self._lock:
            if self._live() is None:
                self._swap(self._new_file())

    def catch_up(self, pages: int | None = None) -> int:
        """Fold what the log has gained, at most `pages` pages; returns the position reached."""
        with self._writing, self._lock, self._connection(self._file()) as db:
            return self._fold(db, pages)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to the views, caught up with the log as it stood on entry.

        All that is read on it is of one moment.
        """
        if self.position() < self.log.head():
            self.catch_up(READER_PAGES)
        with self._reader() as db:
            yield db

    def position(self) -> int:
        with self._reader() as db:
            return _position(db)

    def close(self) -> None:
        self._idle.close()

    def rebuild(self) -> int:
        """Fold the whole log into a new file, then swap; returns the position reached."""
        with self._rebuilding:
            file = self._new_file()
            try:
                with self._connection(file) as db:
                    self._fold(db, None)
                with self._writing, self._lock, self._connection(file) as db:
                    position = self._fold(db, None)
                    self._swap(file)
            except BaseException:
                _remove(file)
                raise
        return position

    def dump(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every view, sorted: to compare live views with rebuilt ones."""
        with self.reading() as db:
            names = [
                row[0]
                for row in db.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
            ]
            return {
                name: sorted((tuple(r) for r in db.execute(f"SELECT * FROM {name}")), key=repr)
                for name in names
            }

    def _fold(self, db: sqlite3.Connection, pages: int | None) -> int:
        position = _position(db)
        for page in islice(self.log.read(position, page=PAGE), pages):
            db.execute("BEGIN IMMEDIATE")
            with db:
                for view in self.views:
                    view.fold(db, page)
                position = page[-1].position
                db.execute("UPDATE progress SET position=?", (position,))
        return position

    def _file(self) -> Path:
        return self.folder / self._pointer.read_text(encoding="ascii")

    def _live(self) -> Path | None:
        """The live file; None where it is missing, ruined, of other views or not of this log."""
        if not self._pointer.exists():
            return None
        try:
            file = self._file()
            with self._connection(file) as db:
                versions = dict(db.execute("SELECT name, version FROM versions").fetchall())
                (incarnation,) = db.execute("SELECT incarnation FROM progress").fetchone()
                ours = incarnation == str(self.log.incarnation) and _position(db) <= self.log.head()
        except (sqlite3.DatabaseError, ValueError):
            return None
        return file if ours and versions == {view.name: view.version for view in self.views} else None

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """The live file, in a read transaction."""
        file, db = self._open_live()
        try:
            yield db
        finally:
            self._idle.put(file, db)

    def _open_live(self) -> tuple[Path, sqlite3.Connection]:
        """A swap may take the live file away while it is being opened."""
        while True:
            file = self._file()
            try:
                db = _begin_reading(self._idle.take(file) or _connect(file))
            except sqlite3.DatabaseError:
                if self._file() == file:
                    raise
            else:
                if self._file() == file:  # The pointer moves before files go: all of this one is open.
                    return file, db
                db.close()

    def _new_file(self) -> Path:
        file = self.folder / f"views-{uuid4().hex[:12]}.sqlite"
        file.touch()
        with self._connection(file) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(
                "CREATE TABLE progress (position INTEGER NOT NULL, incarnation TEXT NOT NULL);"
                "CREATE TABLE versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL);"
            )
            db.execute("INSERT INTO progress VALUES (0,?)", (str(self.log.incarnation),))
            for view in self.views:
                db.executescript(view.tables)
                db.execute("INSERT INTO versions VALUES (?,?)", (view.name, view.version))
        return file

    def _swap(self, file: Path) -> None:
        fresh = self._pointer.with_suffix(".new")
        fresh.write_text(file.name, encoding="ascii")
        fresh.replace(self._pointer)
        for old in self.folder.glob("views-*.sqlite*"):
            if not old.name.startswith(file.name):
                old.unlink(missing_ok=True)

    @contextmanager
    def _connection(self, file: Path) -> Iterator[sqlite3.Connection]:
        with closing(_connect(file)) as db:
            # The views can always be folded again, so they need not survive a power cut.
            db.execute("PRAGMA synchronous=OFF")
            yield db


class _Idle:
    """Connections to one file between two readings. To open one takes longer than most readings, and the last
    one to close has SQLite clean up the file each time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._file: Path | None = None
        self._connections: list[sqlite3.Connection] = []

    def take(self, file: Path) -> sqlite3.Connection | None:
        """From now on it is this file that is read."""
        with self._lock:
            if file != self._file:
                self._close_all()
                self._file = file
            return self._connections.pop() if self._connections else None

    def put(self, file: Path, db: sqlite3.Connection) -> None:
        db.rollback()
        with self._lock:
            if file == self._file and len(self._connections) < MOST_IDLE:
                self._connections.append(db)
            else:
                db.close()

    def close(self) -> None:
        with self._lock:
            self._file = None
            self._close_all()

    def _close_all(self) -> None:
        while self._connections:
            self._connections.pop().close()

    def __del__(self) -> None:
        self._close_all()


def _connect(file: Path) -> sqlite3.Connection:
    """Raises OperationalError where there is no such file, rather than make an empty one."""
    uri = f"{file.absolute().as_uri()}?mode=rw"
    db = sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db


def _begin_reading(db: sqlite3.Connection) -> sqlite3.Connection:
    """Closes a connection that cannot be read from."""
    try:
        db.execute("PRAGMA query_only=ON")
        db.execute("BEGIN")
        _position(db)
    except BaseException:
        db.close()
        raise
    return db


def _position(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT position FROM progress").fetchone()[0])


def _remove(file: Path) -> None:
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink(missing_ok=True)
