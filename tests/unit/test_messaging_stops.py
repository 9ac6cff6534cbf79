"""What cannot be right stops the channel: it is recorded, said, and stays so until an administrator resumes it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.messaging.channel_state import (
    ChannelNotStopped,
    ChannelResumed,
    ChannelState,
    ChannelStopped,
    channel_state_id,
)
from tests.support.kernel import (
    CA_TAY,
    PGD,
    UBND_DONG,
    Hearer,
    tampered,
)
from tests.support.peers import CHANNEL, Peers, peers, persons


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def hearer(office: Peers) -> Hearer:
    return office.hearer


def reason(hearer: Hearer) -> str:
    stop = hearer.inbox.stopped(CHANNEL)
    assert stop is not None
    return stop.reason


def resume(hearer: Hearer) -> None:
    hearer.log.decide(
        UBND_DONG,
        "quantri",
        lambda work: work.get(ChannelState, channel_state_id(CHANNEL)).resume(work.now, CHANNEL, "quantri"),
    )


def test_a_gap_stops_the_channel_and_says_what_is_missing(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(5))
    assert hearer.hear(messages[0], messages[3]) == 1
    assert hearer.stopped() == "gap"
    assert reason(hearer) == "4 came, 2 to 3 are missing"


def test_what_comes_before_a_gap_in_one_batch_is_heard(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(4))
    assert hearer.hear(messages[0], messages[1], messages[3]) == 2
    assert hearer.stopped() == "gap"


def test_a_changed_byte_under_the_same_id_stops_the_channel(office: Peers, hearer: Hearer) -> None:
    (message,) = office.release(uuid4())
    hearer.hear(message)
    assert hearer.hear(message.replace(b'"hamlet":"Th', b'"hamlet":"Tx')) == 1
    assert hearer.stopped() == "changed"
    assert "other content" in reason(hearer)


def test_the_same_event_under_a_new_number_stops_the_channel(office: Peers, hearer: Hearer) -> None:
    (message,) = office.release(uuid4())
    hearer.hear(message)
    assert hearer.hear(tampered(message, sequence=f"{2:020}")) == 1
    assert hearer.stopped() == "changed"


def test_another_event_under_an_old_number_stops_the_channel(office: Peers, hearer: Hearer) -> None:
    one, two = office.release(*persons(2))
    hearer.hear(one)
    assert hearer.hear(tampered(two, sequence=f"{1:020}")) == 1
    assert hearer.stopped() == "went_back"


def test_a_message_of_another_publisher_stops_the_channel(
    tmp_path: Path, office: Peers, hearer: Hearer
) -> None:
    (message,) = office.release(uuid4())
    assert hearer.hear(message.replace(b'"/ca-dong/', b'"/ca-tay/')) == 0
    assert hearer.stopped() == "foreign"
    assert CA_TAY in reason(hearer)


def test_what_is_no_envelope_stops_the_channel(office: Peers, hearer: Hearer) -> None:
    (message,) = office.release(uuid4())
    assert hearer.hear(message, b"[" * 100_000) == 1
    assert hearer.stopped() == "unreadable"


def test_a_stopped_channel_is_not_listened_to(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(3))
    hearer.hear(messages[1])
    before = hearer.log.head()
    assert hearer.hear(*messages) == 0
    assert hearer.log.head() == before


def test_other_channels_go_on_when_one_stops(office: Peers, hearer: Hearer) -> None:
    hearer.hear(b"{}")
    (person,) = persons(1)
    assert hearer.hear(office.disburse(person), publisher=PGD) == 1
    assert hearer.stopped(PGD) is None


def test_a_stop_is_recorded_once_and_survives_a_restart(tmp_path: Path) -> None:
    with peers(tmp_path) as office:
        messages = office.release(*persons(3))
        office.hearer.hear(messages[2])
    with peers(tmp_path) as office:
        assert office.hearer.stopped() == "gap"
        assert office.hearer.hear(*messages) == 0
        (stop,) = office.hearer.events(ChannelStopped)
        assert isinstance(stop, ChannelStopped)
        assert (stop.channel, stop.code) == (CHANNEL.name, "gap")


def test_an_administrator_resumes_a_channel_and_what_was_missing_is_heard(
    office: Peers, hearer: Hearer
) -> None:
    messages = office.release(*persons(3))
    hearer.hear(messages[2])
    resume(hearer)
    assert hearer.stopped() is None
    assert hearer.hear(*messages) == 3
    (resumed,) = hearer.events(ChannelResumed)
    assert isinstance(resumed, ChannelResumed)
    assert resumed.by == "quantri"


def test_a_resumed_channel_stops_again_when_the_same_comes_again(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(3))
    hearer.hear(messages[2])
    resume(hearer)
    hearer.hear(messages[2])
    assert hearer.stopped() == "gap"


def test_a_channel_that_is_not_stopped_cannot_be_resumed(office: Peers, hearer: Hearer) -> None:
    hearer.hear(b"{}")
    resume(hearer)
    with pytest.raises(ChannelNotStopped):
        resume(hearer)
