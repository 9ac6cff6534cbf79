"""Read models: folded from the log, each event once and in order; dropped and folded again at any time."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest

from shared.log.application import AgencyLog, Recorded
from shared.log.views import PAGE, READER_PAGES, ViewStore
from tests.support.kernel import Noted, note, opened

BOOK = UUID(int=5)


class Lines:
    """Every line noted, with its position; and how many lines there are."""

    name = "lines"
    version = 1
    tables = """
    CREATE TABLE lines (position INTEGER PRIMARY KEY, line TEXT NOT NULL);
    CREATE TABLE counts (what TEXT PRIMARY KEY, many INTEGER NOT NULL);
    """

    def __init__(self) -> None:
        self.pages: list[list[int]] = []
        self.before_page: Callable[[Sequence[Recorded]], None] = lambda page: None
        self.after_row: Callable[[Recorded], None] = lambda recorded: None

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        self.before_page(page)
        self.pages.append([recorded.position for recorded in page])
        for recorded in page:
            if isinstance(recorded.event, Noted):
                db.execute("INSERT INTO lines VALUES (?,?)", (recorded.position, recorded.event.line))
                db.execute(
                    "INSERT INTO counts VALUES ('lines',1) ON CONFLICT (what) DO UPDATE SET many=many+1"
                )
            self.after_row(recorded)


class OtherLines(Lines):
    version = 2
    tables = Lines.tables.replace("line TEXT NOT NULL", "line TEXT NOT NULL, length INTEGER")

    def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
        for recorded in page:
            if isinstance(recorded.event, Noted):
                line = recorded.event.line
                db.execute("INSERT INTO lines VALUES (?,?,?)", (recorded.position, line, len(line)))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AgencyLog]:
    with opened(tmp_path / "log.sqlite") as log:
        yield log


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def store(tmp_path: Path, log: AgencyLog, lines: Lines) -> ViewStore:
    return ViewStore(tmp_path, log, [lines])


def shown(store: ViewStore) -> list[str]:
    with store.reading() as db:
        return [row["line"] for row in db.execute("SELECT line FROM lines ORDER BY position")]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("views-*") if not path.name.endswith(("-wal", "-shm")))


def live(folder: Path) -> str:
    return (folder / "views.current").read_text("ascii")


def in_thread(act: Callable[[], object]) -> Thread:
    thread = Thread(target=act)
    thread.start()
    return thread


def test_pages_are_folded_in_order_and_once(log: AgencyLog, store: ViewStore, lines: Lines) -> None:
    note(log, BOOK, *(str(number) for number in range(2 * PAGE)))
    assert store.catch_up(pages=1) == PAGE
    assert store.catch_up() == 2 * PAGE + 1
    assert store.catch_up() == 2 * PAGE + 1
    folded = [position for page in lines.pages for position in page]
    assert folded == list(range(1, 2 * PAGE + 2))
    assert max(len(page) for page in lines.pages) == PAGE
    assert shown(store) == [str(number) for number in range(2 * PAGE)]


def test_a_reader_sees_his_own_decision_at_once(log: AgencyLog, store: ViewStore) -> None:
    assert shown(store) == []
    note(log, BOOK, "vừa ký")
    assert shown(store) == ["vừa ký"]
    assert store.position() == log.head()


def test_a_reader_is_served_what_there_is_when_far_behind(
    log: AgencyLog, store: ViewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.log.views.PAGE", 2)
    note(log, BOOK, *(str(number) for number in range(2 * READER_PAGES + 9)))
    with store.reading():
        assert store.position() == 2 * READER_PAGES
    store.catch_up()
    assert store.position() == log.head()


def test_a_reader_cannot_write(log: AgencyLog, store: ViewStore) -> None:
    with store.reading() as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM lines")


def test_a_reader_sees_one_state_though_others_write_between_its_queries(
    log: AgencyLog, store: ViewStore
) -> None:
    note(log, BOOK, "a")
    with store.reading() as db:
        first = db.execute("SELECT COUNT(*) FROM lines").fetchone()[0]
        note(log, BOOK, "b")
        store.catch_up()
        assert db.execute("SELECT COUNT(*) FROM lines").fetchone()[0] == first
        assert db.execute("SELECT many FROM counts").fetchone()[0] == first
    assert shown(store) == ["a", "b"]


def test_a_fold_that_fails_in_the_middle_of_a_page_leaves_position_and_rows_as_they_were(
    log: AgencyLog, store: ViewStore, lines: Lines
) -> None:
    note(log, BOOK, "a")
    store.catch_up()
    before = store.dump()
    note(log, BOOK, "b", "c", "d")

    def die(recorded: Recorded) -> None:
        if isinstance(recorded.event, Noted) and recorded.event.line == "c":
            raise KeyboardInterrupt

    lines.after_row = die
    with pytest.raises(KeyboardInterrupt):
        store.catch_up()
    assert store.position() == 2
    lines.after_row = lambda recorded: None
    with sqlite3.connect(f"file:{store.folder / live(store.folder)}?mode=ro", uri=True) as db:
        assert [tuple(row) for row in db.execute("SELECT * FROM lines")] == before["lines"]
    assert shown(store) == ["a", "b", "c", "d"]


def test_one_view_that_fails_keeps_the_others_from_going_ahead(tmp_path: Path, log: AgencyLog) -> None:
    class Failing:
        name, version, tables = "failing", 1, "CREATE TABLE failing (x INTEGER);"

        def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
            raise ZeroDivisionError

    store = ViewStore(tmp_path, log, [Lines(), Failing()])
    note(log, BOOK, "a")
    with pytest.raises(ZeroDivisionError):
        store.catch_up()
    assert store.position() == 0


def test_rebuilt_views_are_equal_to_the_live_ones(tmp_path: Path, log: AgencyLog, store: ViewStore) -> None:
    note(log, BOOK, *"abcdef")
    store.catch_up(pages=1)
    note(log, BOOK, *"gh")
    before = store.dump()
    assert before["progress"] == [(log.head(), str(log.incarnation))]
    was = live(tmp_path)
    assert store.rebuild() == log.head()
    assert live(tmp_path) != was
    assert store.dump() == before


def test_readers_go_on_while_the_views_are_rebuilt(
    tmp_path: Path, log: AgencyLog, store: ViewStore, lines: Lines
) -> None:
    note(log, BOOK, "a")
    store.catch_up()
    folding, go_on = Event(), Event()

    def pause(page: Sequence[Recorded]) -> None:
        if page[0].position == 1 and not folding.is_set():
            folding.set()
            assert go_on.wait(30)

    lines.before_page = pause
    rebuilding = in_thread(store.rebuild)
    assert folding.wait(30)
    note(log, BOOK, "b")
    assert shown(store) == ["a", "b"]
    go_on.set()
    rebuilding.join(30)
    assert shown(store) == ["a", "b"]
    assert store.position() == log.head()


def test_a_reader_of_the_old_file_finishes_after_the_swap(log: AgencyLog, store: ViewStore) -> None:
    note(log, BOOK, "a")
    with store.reading() as db:
        store.rebuild()
        assert [row["line"] for row in db.execute("SELECT line FROM lines")] == ["a"]


def test_a_reader_who_finds_the_old_file_gone_reads_the_new_one(
    tmp_path: Path, log: AgencyLog, store: ViewStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(log, BOOK, "a")
    store.catch_up()
    pointed_at = store._file
    answers = [pointed_at()]
    monkeypatch.setattr(store, "_file", lambda: answers.pop() if answers else pointed_at())
    store_of_another_process = ViewStore(tmp_path, log, [Lines()])
    store_of_another_process.rebuild()
    assert shown(store) == ["a"]
    assert files(tmp_path) == [live(tmp_path)]


def test_many_readers_never_fail_while_the_views_are_rebuilt_again_and_again(
    log: AgencyLog, store: ViewStore
) -> None:
    note(log, BOOK, *"abc")
    store.catch_up()
    stop, failed = Event(), list[BaseException]()

    def read() -> None:
        try:
            while not stop.is_set():
                assert shown(store) == ["a", "b", "c"]
        except BaseException as error:
            failed.append(error)

    readers = [in_thread(read) for _ in range(4)]
    for _ in range(25):
        store.rebuild()
    stop.set()
    for reader in readers:
        reader.join(30)
    assert failed == []


def test_two_rebuilds_at_once_do_not_take_each_others_file_away(
    tmp_path: Path, log: AgencyLog, store: ViewStore
) -> None:
    note(log, BOOK, *"abc")
    reached: list[int] = []
    threads = [in_thread(lambda: reached.append(store.rebuild())) for _ in range(4)]
    for thread in threads:
        thread.join(30)
    assert reached == [log.head()] * 4
    assert shown(store) == ["a", "b", "c"]
    assert files(tmp_path) == [live(tmp_path)]


def test_only_the_live_file_stays(tmp_path: Path, log: AgencyLog, store: ViewStore) -> None:
    note(log, BOOK, "a")
    for _ in range(3):
        store.rebuild()
        shown(store)
    assert files(tmp_path) == [live(tmp_path)]


def test_a_rebuild_that_fails_leaves_the_live_views_and_no_file_behind(
    tmp_path: Path, log: AgencyLog, store: ViewStore, lines: Lines
) -> None:
    note(log, BOOK, "a")
    store.catch_up()

    def die(page: Sequence[Recorded]) -> None:
        raise KeyboardInterrupt

    lines.before_page = die
    with pytest.raises(KeyboardInterrupt):
        store.rebuild()
    assert files(tmp_path) == [live(tmp_path)]
    assert shown(store) == ["a"]


def test_a_changed_version_of_a_view_folds_the_log_again(
    tmp_path: Path, log: AgencyLog, store: ViewStore
) -> None:
    note(log, BOOK, "ba", "bốn")
    store.catch_up()
    changed = ViewStore(tmp_path, log, [OtherLines()])
    with changed.reading() as db:
        rows = db.execute("SELECT line, length FROM lines ORDER BY position").fetchall()
    assert [tuple(row) for row in rows] == [("ba", 2), ("bốn", 3)]
    assert files(tmp_path) == [live(tmp_path)]


def test_the_same_views_are_not_folded_again_at_the_next_start(
    tmp_path: Path, log: AgencyLog, store: ViewStore
) -> None:
    note(log, BOOK, "a")
    store.catch_up()
    again = Lines()
    assert ViewStore(tmp_path, log, [again]).position() == log.head()
    assert again.pages == []


def test_a_view_that_came_or_went_folds_the_log_again(
    tmp_path: Path, log: AgencyLog, store: ViewStore
) -> None:
    note(log, BOOK, "a")
    store.catch_up()

    class Second(Lines):
        name, tables = "second", "CREATE TABLE second (x INTEGER);"

        def fold(self, db: sqlite3.Connection, page: Sequence[Recorded]) -> None:
            db.executemany("INSERT INTO second VALUES (?)", [(it.position,) for it in page])

    assert ViewStore(tmp_path, log, [Lines(), Second()]).dump()["second"] == [(1,), (2,)]
    assert "second" not in ViewStore(tmp_path, log, [Lines()]).dump()


@pytest.mark.parametrize("ruin", ["file", "pointer", "garbled pointer", "missing", "empty"])
def test_ruined_views_are_folded_again(tmp_path: Path, log: AgencyLog, store: ViewStore, ruin: str) -> None:
    note(log, BOOK, "a")
    store.catch_up()
    file = tmp_path / live(tmp_path)
    for extra in tmp_path.glob("views-*-*"):
        extra.unlink()
    match ruin:
        case "file":
            file.write_bytes(b"this was a database before the power went " * 200)
        case "pointer":
            (tmp_path / "views.current").write_bytes(b"")
        case "garbled pointer":
            (tmp_path / "views.current").write_bytes(b"\x00\xff")
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
    fresh = ViewStore(tmp_path, log, [Lines()])
    assert shown(fresh) == ["a"]
    assert files(tmp_path) == [live(tmp_path)]


def test_views_that_are_ahead_of_a_restored_log_are_folded_again(tmp_path: Path) -> None:
    with opened(tmp_path / "log.sqlite") as log:
        note(log, BOOK, "a", "b", "c")
        ViewStore(tmp_path, log, [Lines()]).catch_up()
    for file in tmp_path.glob("log.sqlite*"):
        file.unlink()
    with opened(tmp_path / "log.sqlite") as restored:
        note(restored, BOOK, "x")
        assert shown(ViewStore(tmp_path, restored, [Lines()])) == ["x"]


def test_views_of_another_incarnation_of_the_log_are_folded_again(tmp_path: Path) -> None:
    with opened(tmp_path / "log.sqlite") as log:
        note(log, BOOK, "a")
        ViewStore(tmp_path, log, [Lines()]).catch_up()
    for file in tmp_path.glob("log.sqlite*"):
        file.unlink()
    with opened(tmp_path / "log.sqlite") as other:
        note(other, BOOK, "x", "y")
        assert shown(ViewStore(tmp_path, other, [Lines()])) == ["x", "y"]


def test_catching_up_twice_at_the_same_time_folds_each_event_once(log: AgencyLog, store: ViewStore) -> None:
    note(log, BOOK, *(str(number) for number in range(50)))
    threads = [in_thread(store.catch_up) for _ in range(6)]
    for thread in threads:
        thread.join(30)
    with store.reading() as db:
        assert db.execute("SELECT many FROM counts").fetchone()[0] == 50
