"""The daily exchange of digests: the hearer compares with what it heard, and stops the channel if they differ."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared.agreement.parties import Agency, Channel
from shared.messaging.channel_state import ChannelStopped
from shared.messaging.digest import DigestSaid, say_digest
from tests.support.kernel import CA_DONG, PGD, Hearer, opened, say_release, tampered, told
from tests.support.peers import CHANNEL, Peers, peers, persons

DAY = date(2026, 3, 5)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def hearer(office: Peers) -> Hearer:
    return office.hearer


def say(office: Peers, day: date = DAY) -> bytes | None:
    """The police say their digest; the message, or None when there was nothing new to say."""
    before = office.police.books.head("told", CHANNEL.name)[0]
    office.police.decide(CA_DONG, "tick", lambda work: say_digest(work, CHANNEL, day))
    return next(iter(told(office.police, CHANNEL, before)), None)


def with_data(message: bytes, **changed: Any) -> bytes:
    return tampered(message, data=msgspec.json.decode(message)["data"] | changed)


def reason(hearer: Hearer) -> str:
    (stop,) = hearer.events(ChannelStopped)
    assert isinstance(stop, ChannelStopped)
    return stop.reason


def test_a_digest_says_how_far_it_reaches_and_is_told_on_its_own_channel_alone(office: Peers) -> None:
    office.release(*persons(3))
    message = say(office)
    assert message is not None
    envelope = msgspec.json.decode(message)
    digest = office.police.books.digest_at("told", CHANNEL.name, 3)
    assert digest is not None
    assert envelope["data"] == {"upto": 3, "digest": digest.hex(), "day": "2026-03-05"}
    assert envelope["type"] == "vn.phoihop.police.ChannelDigest.v1"
    assert "cases" not in envelope
    assert office.police.books.channels("told") == [CHANNEL.name]


def test_equal_digests_let_the_channel_flow(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(3))
    hearer.hear(*messages)
    message = say(office)
    assert message is not None
    assert hearer.hear(message) == 4
    assert hearer.stopped() is None


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_a_different_digest_stops_the_channel_however_the_messages_came(
    office: Peers, hearer: Hearer, batch: int
) -> None:
    messages = office.release(*persons(3))
    message = say(office)
    assert message is not None
    messages = [*messages, with_data(message, digest="0" * 64), *office.release(*persons(2))]
    for start in range(0, len(messages), batch):
        hearer.hear(*messages[start : start + batch])
    assert hearer.stopped() == "digest"
    assert "digests differ at 3" in reason(hearer)
    assert hearer.inbox.position(CHANNEL) == 4


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_an_equal_digest_is_found_equal_however_the_messages_came(
    office: Peers, hearer: Hearer, batch: int
) -> None:
    office.release(*persons(3))
    say(office)
    office.release(*persons(2))
    say(office)
    assert hearer.hear_all(office.police, batch=batch) == 7
    assert hearer.stopped() is None


def test_another_message_in_the_place_of_one_that_was_told_is_found_by_the_digest(
    office: Peers, hearer: Hearer
) -> None:
    one, two = office.release(*persons(2))
    message = say(office)
    assert message is not None
    hearer.hear(one, two.replace("Thôn Một".encode(), "Thôn Hai".encode()), message)
    assert hearer.stopped() == "digest"


@pytest.mark.parametrize("upto", [4, 5, 10**9])
def test_a_digest_of_what_was_not_told_yet_stops_the_channel(
    office: Peers, hearer: Hearer, upto: int
) -> None:
    office.release(*persons(3))
    message = say(office)
    assert message is not None
    hearer.hear(*told(office.police, CHANNEL, 0, 3), with_data(message, upto=upto))
    assert hearer.stopped() == "digest"


def test_a_digest_of_an_older_place_is_compared_there(office: Peers, hearer: Hearer) -> None:
    office.release(*persons(3))
    hearer.hear_all(office.police)
    message = say(office)
    assert message is not None
    older = office.police.books.digest_at("told", CHANNEL.name, 2)
    assert older is not None
    hearer.hear(with_data(message, upto=2, digest=older.hex()))
    assert hearer.stopped() is None


def test_a_digest_of_nothing_new_is_not_said(office: Peers) -> None:
    assert say(office) is None
    office.release(*persons(1))
    assert say(office) is not None
    assert say(office) is None
    assert say(office) is None
    office.release(*persons(1))
    assert say(office) is not None
    assert say(office) is None


def test_two_quiet_offices_do_not_talk_for_ever(tmp_path: Path) -> None:
    with peers(tmp_path) as office:
        office.release(*persons(1))
        for day in range(1, 29):
            say(office, date(2026, 2, day))
        assert office.police.books.head("told", CHANNEL.name)[0] == 2


def test_each_channel_has_its_own_digest(tmp_path: Path) -> None:
    other = Channel(CA_DONG, PGD)
    with opened(tmp_path / "police.sqlite", agency=Agency.POLICE) as police:
        say_release(police, persons(1)[0])
        police.decide(CA_DONG, "tick", lambda work: say_digest(work, other, DAY))
        assert police.books.head("told", other.name)[0] == 0
        police.decide(CA_DONG, "tick", lambda work: say_digest(work, CHANNEL, DAY))
        said = [it.event for page in police.read() for it in page if isinstance(it.event, DigestSaid)]
        assert [event.channel for event in said] == [CHANNEL.name]


def test_parked_events_count_for_the_digest(office: Peers, hearer: Hearer) -> None:
    bad, good = persons(2)
    hearer.scribe.failing[bad] = KeyError()
    office.release(bad, good)
    say(office)
    assert hearer.hear_all(office.police) == 3
    assert hearer.stopped() is None
    assert hearer.waiting(bad) == 1
