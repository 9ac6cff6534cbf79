"""Moving a channel: both carriers are read until the new one has what comes next; then only that one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.agreement.parties import Channel
from shared.messaging.carrier import PeerTrouble, Unreadable
from shared.messaging.moving import KAFKA, CarrierChanged, Moving, carrier_of, change_carrier
from tests.support.peers import CHANNEL, Peers, peers, persons

Answer = tuple[list[bytes], int | None]


class Shelf:
    """A carrier that holds messages from `begins` on, and gives two at a time of what it was not yet asked for."""

    def __init__(self, *messages: bytes, begins: int = 1) -> None:
        self.messages = list(messages)
        self.begins = begins
        self.asked = 0
        self.trouble: Exception | None = None
        self.given = 0

    def fetch(self, channel: Channel, last_event_id: str | None, wait: float = 20) -> Answer:
        self.asked += 1
        if self.trouble:
            raise self.trouble
        page = self.messages[self.given : self.given + 2]
        self.given += len(page)
        return page, self.begins + len(self.messages) - 1


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


def moving(office: Peers, old: Shelf, new: Shelf) -> Moving:
    return Moving(office.hearer.inbox, CHANNEL, old, new, KAFKA)


def changes(office: Peers) -> list[tuple[str, int]]:
    return [
        (it.event.carrier, it.event.after)
        for page in office.commune.read()
        for it in page
        if isinstance(it.event, CarrierChanged)
    ]


def test_once_the_new_carrier_has_the_next_message_the_old_one_is_not_asked_again(office: Peers) -> None:
    sealed = office.release(*persons(6))
    office.hearer.hear(*sealed[:3])
    old, new = Shelf(*sealed[3:]), Shelf(*sealed)
    carrier = moving(office, old, new)
    assert carrier.way() == "→ kafka"
    assert carrier.fetch(CHANNEL, None) == ([sealed[3]], 6)
    assert (changes(office), carrier_of(office.commune, CHANNEL)) == ([(KAFKA, 3)], KAFKA)
    office.hearer.hear(sealed[3])
    assert carrier.fetch(CHANNEL, None) == (sealed[4:], 6)
    assert old.asked == 0
    assert carrier.way() == "kafka"


def test_a_new_carrier_that_is_not_yet_so_far_is_read_beside_the_old_one(office: Peers) -> None:
    sealed = office.release(*persons(5))
    office.hearer.hear(*sealed[:4])
    old, new = Shelf(sealed[4]), Shelf(*sealed[:3])
    assert moving(office, old, new).fetch(CHANNEL, None) == ([sealed[4]], 1)
    assert (new.given, changes(office)) == (3, [])


def test_a_new_carrier_that_begins_further_on_waits_until_the_old_one_has_brought_what_is_before(
    office: Peers,
) -> None:
    sealed = office.release(*persons(4))
    old, new = Shelf(*sealed), Shelf(*sealed[2:], begins=3)
    carrier = moving(office, old, new)
    assert carrier.fetch(CHANNEL, None) == (sealed[:2], 4)
    office.hearer.hear(*sealed[:2])
    new.given = 0  # what was not heard is given again
    assert carrier.fetch(CHANNEL, None) == (sealed[2:], 4)
    assert changes(office) == [(KAFKA, 2)]


def test_while_the_new_carrier_is_in_trouble_the_old_one_serves_and_the_status_says_why(
    office: Peers, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = office.release(*persons(2))
    old, new = Shelf(*sealed), Shelf(*sealed)
    new.trouble = PeerTrouble("no_topic", "there is no topic")
    carrier = moving(office, old, new)
    for _ in range(3):
        carrier.fetch(CHANNEL, None)
    assert carrier.way() == "→ kafka (there is no topic)"
    assert caplog.text.count("there is no topic") == 1
    new.trouble = None
    assert carrier.fetch(CHANNEL, None)[0] == sealed
    assert carrier.way() == "kafka"


def test_what_is_no_message_on_the_new_carrier_stops_the_channel(office: Peers) -> None:
    old, new = Shelf(), Shelf()
    new.trouble = Unreadable("offset 0")
    with pytest.raises(Unreadable):
        moving(office, old, new).fetch(CHANNEL, None)


def test_a_channel_that_moved_stays_moved_when_the_service_starts_again(office: Peers) -> None:
    sealed = office.release(*persons(2))
    old, new = Shelf(*sealed), Shelf(*sealed)
    moving(office, old, new).fetch(CHANNEL, None)
    new.given = 0
    assert moving(office, old, new).fetch(CHANNEL, None)[0] == sealed
    assert (old.asked, changes(office)) == (0, [(KAFKA, 0)])


def test_a_change_to_what_it_is_already_is_not_recorded(office: Peers) -> None:
    for carrier in ("feed", KAFKA, KAFKA, "feed"):
        change_carrier(office.hearer.inbox, CHANNEL, carrier)
    assert changes(office) == [(KAFKA, 0), ("feed", 0)]
