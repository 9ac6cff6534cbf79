"""How an event is kept: typed, with its version, readable for ever, and never in a form that cannot be read."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.persistence import JSONTranscoder, MapperDeserialisationError, StoredEvent

from shared.log.application import AgencyLog, UnitOfWork
from shared.log.events import Aggregate, Event
from shared.log.mapper import TypedMapper, Unrecordable
from tests.support.kernel import NOON, Hands, Notebook, Noted, note, opened

BOOK = UUID("00000000-0000-0000-0000-0000000000b0")


class Colour(StrEnum):
    RED = "đỏ"


class Part(msgspec.Struct, frozen=True):
    code: str
    on: date | None = None


class Everything(Event, frozen=True, kw_only=True):
    """Every type that an event of ours is made of."""

    TOPIC = "toy/everything"
    id: UUID
    text: str
    amount: int
    rate: Decimal
    sure: bool
    on: date
    seen: datetime
    colour: Colour
    part: Part
    parts: tuple[Part, ...]
    flags: frozenset[str]
    by_name: dict[str, Any]
    by_day: dict[date, int]
    perhaps: Part | None
    raw: bytes


class Kept(Aggregate):
    events: list[Event]

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.events = []

    def when(self, event: Event) -> None:
        self.events.append(event)


class Registered(Event, frozen=True, kw_only=True):
    """Version 1 had `born_on`, a date; since then a year alone may be known."""

    TOPIC = "toy/registered"
    VERSION = 2
    birth: str
    source: str

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["birth"] = state.pop("born_on")
        state["source"] = "giấy"


class Third(Event, frozen=True, kw_only=True):
    TOPIC = "toy/third"
    VERSION = 3
    total: int

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["sum"] = state.pop("amount")

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["total"] = state.pop("sum") * 1000


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AgencyLog]:
    with opened(tmp_path / "log.sqlite") as log:
        yield log


def stored(topic: str, state: bytes, version: int = 1) -> StoredEvent:
    return StoredEvent(BOOK, version, topic, state)


def state_of(**facts: Any) -> bytes:
    event = {"originator_id": BOOK, "originator_version": 1, "occurred": NOON} | facts
    return msgspec.json.encode(event)


def read(topic: str, state: bytes) -> Any:
    return TypedMapper(JSONTranscoder()).to_domain_event(stored(topic, state))


def test_every_type_of_fact_comes_back_as_it_was(log: AgencyLog) -> None:
    facts = {
        "id": uuid4(),
        "text": "Nguyễn Văn Giả \u0301 \x00 “”",
        "amount": 10**13,
        "rate": Decimal("6.600"),
        "sure": False,
        "on": date(2024, 2, 29),
        "seen": datetime(2026, 3, 2, 5, 0, 0, 7, tzinfo=UTC),
        "colour": Colour.RED,
        "part": Part("a"),
        "parts": (Part("b", date(2026, 1, 1)), Part("c")),
        "flags": frozenset({"x", "y"}),
        "by_name": {"tiền": [1, None, True, {"sâu": "hơn"}]},
        "by_day": {date(2026, 1, 5): 3},
        "perhaps": None,
        "raw": b"\x00\xff",
    }

    def act(work: UnitOfWork) -> None:
        work.add(Kept(BOOK)).trigger(Everything, work.now, **facts)

    log.decide("ca-dong", "lan", act)
    (event,) = log.get(Kept, BOOK).events
    assert isinstance(event, Everything)
    assert {name: getattr(event, name) for name in facts} == facts
    assert (event.originator_id, event.originator_version, event.occurred) == (BOOK, 1, NOON)


def test_the_stored_topic_is_the_stable_name_with_the_version(log: AgencyLog) -> None:
    note(log, BOOK, "x")
    (kept,) = log.books.select_events(BOOK)
    assert kept.topic == "toy/noted#1"
    assert b"line" in kept.state


def test_a_version_1_event_is_read_by_a_program_that_knows_version_2() -> None:
    event = read("toy/registered#1", state_of(born_on="1985-03-02"))
    assert (event.birth, event.source) == ("1985-03-02", "giấy")


def test_a_version_1_event_in_the_log_is_replayed_as_the_present_one(log: AgencyLog) -> None:
    log.books.insert_events([stored("toy/registered#1", state_of(born_on="1985-03-02"))])
    (event,) = log.get(Kept, BOOK).events
    assert isinstance(event, Registered)
    assert event.birth == "1985-03-02"
    page = [recorded.event for pages in log.read() for recorded in pages]
    assert page[-1] == event


def test_upcasts_follow_each_other() -> None:
    assert read("toy/third#1", state_of(amount=7)).total == 7000
    assert read("toy/third#2", state_of(sum=7)).total == 7000
    assert read("toy/third#3", state_of(total=7)).total == 7


@pytest.mark.parametrize(
    ("topic", "state", "says"),
    [
        ("toy/registered#3", state_of(birth="1985", source="x"), "newer than this program"),
        ("toy/unheard.of#1", state_of(), "toy/unheard.of"),
        ("toy/noted", state_of(line="x"), "version"),
        ("toy/noted#one", state_of(line="x"), "version"),
        ("toy/registered#0", state_of(birth="1985"), "version"),
        ("toy/noted#1", b"{", "cannot be read"),
        ("toy/noted#1", b"\xff\xfe", "cannot be read"),
        ("toy/noted#1", b"[]", "cannot be read"),
        ("toy/noted#1", state_of(), "line"),
        ("toy/noted#1", state_of(line=7), "line"),
        ("toy/registered#1", state_of(), "born_on"),
        ("toy/registered#1", b"[]", "cannot be read"),
        ("toy/registered#1", b'"x"', "cannot be read"),
        ("toy/third#1", state_of(amount=None), "cannot be read"),
    ],
)
def test_what_cannot_be_read_names_topic_aggregate_and_version(topic: str, state: bytes, says: str) -> None:
    with pytest.raises(MapperDeserialisationError) as refused:
        read(topic, state)
    sentence = str(refused.value)
    assert says in sentence
    assert topic in sentence
    assert str(BOOK) in sentence
    assert "version 1" in sentence


def test_one_unreadable_event_is_met_at_its_place_and_not_skipped(log: AgencyLog) -> None:
    note(log, BOOK, "x")
    log.books.insert_events([stored("toy/noted#1", b"broken", version=2)])
    with pytest.raises(MapperDeserialisationError, match="version 2"):
        log.get(Notebook, BOOK)
    with pytest.raises(MapperDeserialisationError):
        list(log.read())


def test_what_could_not_be_read_again_is_not_recorded(log: AgencyLog) -> None:
    def act(work: UnitOfWork) -> None:
        work.add(Notebook(BOOK)).trigger(Noted, work.now, line=7)

    before = log.head()
    with pytest.raises(Unrecordable, match=f"toy/noted.*{BOOK}"):
        log.decide("ca-dong", "lan", act)
    assert log.head() == before


def test_what_has_no_stored_form_is_not_recorded(log: AgencyLog) -> None:
    def act(work: UnitOfWork) -> None:
        work.add(Notebook(BOOK)).trigger(Noted, work.now, line=object())

    with pytest.raises(Unrecordable, match="toy/noted"):
        log.decide("ca-dong", "lan", act)


def test_an_instant_without_a_time_zone_is_not_recorded(log: AgencyLog) -> None:
    def act(work: UnitOfWork) -> None:
        work.add(Notebook(BOOK)).note(NOON.replace(tzinfo=None), "x")

    with pytest.raises(Unrecordable, match="occurred"):
        log.decide("ca-dong", "lan", act)


def test_a_stored_event_reads_alike_in_another_time_zone(tmp_path: Path) -> None:
    instant = datetime.fromisoformat("2026-03-02T12:00:00+07:00")
    with opened(tmp_path / "log.sqlite", Hands(instant)) as log:
        note(log, BOOK, "x")
        (event,) = (it.event for page in log.read(1) for it in page)
    assert event.occurred == NOON
