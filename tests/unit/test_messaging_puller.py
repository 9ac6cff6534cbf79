"""Listening: a peer that is down, slow or talks rubbish is asked again, less and less often, until it is back."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest

from shared.agreement.parties import Agency, Channel
from shared.messaging import puller as pullers
from shared.messaging.carrier import FeedReader, PeerTrouble
from shared.messaging.puller import FIRST_PAUSE, LONGEST_PAUSE, Puller
from tests.support.kernel import CA_DONG, UBND_DONG, Hands, Hearer, opened, say_release, told
from tests.support.peers import CHANNEL, Peers, peers, persons
from tests.support.rubbish import answering, rubbish_peer, saying

Answer = tuple[list[bytes], int | None]


class Script:
    """A carrier that gives what the test wrote down; when that is over it ends the puller."""

    def __init__(
        self, stopping: Event, *answers: Answer | Exception | Callable[[str | None], Answer]
    ) -> None:
        self.stopping = stopping
        self.answers = list(answers)
        self.asked: list[str | None] = []

    def fetch(self, channel: Channel, last_event_id: str | None, wait: float = 20) -> Answer:
        self.asked.append(last_event_id)
        answer = self.answers.pop(0)
        if not self.answers:
            self.stopping.set()
        if isinstance(answer, Exception):
            raise answer
        return answer(last_event_id) if callable(answer) else answer


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Peers]:
    with peers(tmp_path) as pair:
        yield pair


@pytest.fixture
def hearer(office: Peers) -> Hearer:
    return office.hearer


class Pauses(Event):
    """An event that notes how long somebody wanted to wait on it, does not let him, and is set in the end."""

    def __init__(self, most: int = 100) -> None:
        super().__init__()
        self.most = most
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.seconds.append(timeout)
        if len(self.seconds) >= self.most:
            self.set()
        return self.is_set()


def listen(
    hearer: Hearer, *answers: Answer | Exception | Callable[[str | None], Answer]
) -> tuple[Puller, Script, list[float]]:
    """Run a puller until its script is over; gives the pauses it made."""
    stopping = Pauses()
    script = Script(stopping, *answers)
    puller = Puller(hearer.inbox, CHANNEL, script, stopping)
    puller.run()
    return puller, script, stopping.seconds


DOWN = PeerTrouble("down", "connection refused")


def test_what_the_peer_tells_is_heard_and_asked_on_from_there(office: Peers, hearer: Hearer) -> None:
    one, two, three = office.release(*persons(3))
    puller, script, _ = listen(hearer, ([one, two], 3), ([three], 3), ([], 3), ([], 3))
    ids = [office.police.books.event_id_at("told", CHANNEL.name, number) for number in (2, 3, 3)]
    assert script.asked == [None, *ids]
    assert (puller.line.state, puller.line.trouble, puller.line.head) == ("listening", None, 3)
    assert puller.line.failures == 0


def test_there_is_no_pause_while_there_is_more_to_hear(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(4))
    _, _, pauses = listen(hearer, *[([message], 4) for message in messages], ([], 4))
    assert pauses == [FIRST_PAUSE]


def test_a_peer_that_answers_at_once_though_it_has_nothing_is_not_asked_without_a_pause(
    hearer: Hearer,
) -> None:
    _, _, pauses = listen(hearer, *[([], 0)] * 5)
    assert pauses == [FIRST_PAUSE] * 5


def test_a_peer_that_repeats_itself_is_not_asked_without_a_pause(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(2))
    _, _, pauses = listen(hearer, *[(messages, 2)] * 4)
    assert pauses == [FIRST_PAUSE] * 3
    assert hearer.stopped() is None


def test_the_pauses_grow_while_a_peer_is_down_up_to_the_longest(hearer: Hearer) -> None:
    puller, _, pauses = listen(hearer, *[DOWN] * 20)
    assert (puller.line.state, puller.line.trouble, puller.line.failures) == (
        "down",
        "connection refused",
        20,
    )
    for failures, pause in enumerate(pauses, 1):
        longest = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE)
        assert longest / 2 <= pause <= longest
    assert len(set(pauses)) > 10


def test_a_peer_that_was_away_for_weeks_is_asked_no_less_than_twice_a_minute(hearer: Hearer) -> None:
    stopping = Pauses()
    puller = Puller(hearer.inbox, CHANNEL, Script(stopping), stopping)
    puller.line.failures = 10**6
    assert LONGEST_PAUSE / 2 <= puller._pause() <= LONGEST_PAUSE


def test_a_peer_that_returns_is_listened_to_at_once_and_nothing_is_lost(
    office: Peers, hearer: Hearer
) -> None:
    messages = office.release(*persons(5))
    garbage = PeerTrouble("garbage", "no batch")
    puller, _, pauses = listen(
        hearer, (messages[:2], 5), DOWN, DOWN, garbage, (messages[2:4], 5), DOWN, (messages[4:], 5), ([], 5)
    )
    assert hearer.inbox.position(CHANNEL) == 5
    assert hearer.log.books.head("heard", CHANNEL.name) == office.police.books.head("told", CHANNEL.name)
    assert puller.line.state == "listening"
    assert len(pauses) == 5


@pytest.mark.parametrize("code", ["down", "refused", "unknown_event", "garbage"])
def test_the_line_says_what_is_wrong_and_since_when(hearer: Hearer, code: str) -> None:
    puller, _, _ = listen(hearer, PeerTrouble(code, "lý do"))
    assert (puller.line.state, puller.line.trouble) == (code, "lý do")
    since = puller.line.since
    puller.line.set(code, "lý do khác")
    assert puller.line.since == since
    puller.line.set("listening")
    assert puller.line.since >= since
    assert puller.line.trouble is None


def test_a_stopped_channel_is_not_fetched_and_the_line_says_why(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(3))
    hearer.hear(messages[2])
    stopping = Pauses()
    script = Script(stopping)
    puller = Puller(hearer.inbox, CHANNEL, script, stopping)
    assert puller.pull() is False
    assert script.asked == []
    assert (puller.line.state, puller.line.trouble) == ("stopped", "gap: 3 came, 1 to 2 are missing")


def test_a_message_that_stops_the_channel_shows_on_the_line_at_the_next_look(
    office: Peers, hearer: Hearer
) -> None:
    messages = office.release(*persons(3))
    stopping = Event()
    puller = Puller(hearer.inbox, CHANNEL, Script(Event(), (messages[2:], 3)), stopping)
    assert puller.pull() is False
    assert puller.pull() is False
    assert (puller.line.state, puller.line.trouble) == ("stopped", "gap: 3 came, 1 to 2 are missing")


def test_trouble_at_home_shows_on_the_line_and_the_same_messages_are_asked_for_again(
    office: Peers, hearer: Hearer, caplog: pytest.LogCaptureFixture
) -> None:
    (person,) = persons(1)
    messages = office.release(person)
    hearer.scribe.failing[person] = OSError("disk full")

    def heal(_last: str | None) -> Answer:
        hearer.scribe.failing.clear()
        return messages, 1

    with caplog.at_level(logging.ERROR):
        puller, script, _ = listen(hearer, (messages, 1), (messages, 1), heal, ([], 1))
    assert script.asked[:3] == [None, None, None]
    assert hearer.did(person) == ["PersonReleased"]
    assert puller.line.state == "listening"
    assert "disk full" in caplog.text


def test_trouble_at_home_is_named_on_the_line(office: Peers, hearer: Hearer) -> None:
    (person,) = persons(1)
    hearer.scribe.failing[person] = OSError("disk full")
    messages = office.release(person)
    puller, _, _ = listen(hearer, (messages, 1), DOWN)
    assert puller.line.failures == 2
    with pytest.raises(OSError):
        Puller(hearer.inbox, CHANNEL, Script(Event(), (messages, 1)), Event()).pull()
    stopping = Pauses(1)
    puller = Puller(hearer.inbox, CHANNEL, Script(Event(), (messages, 1)), stopping)
    puller.run()
    assert (puller.line.state, puller.line.trouble) == ("failing", "OSError: disk full")


def test_a_puller_that_is_asked_to_stop_hears_nothing_more(office: Peers, hearer: Hearer) -> None:
    messages = office.release(*persons(2))
    stopping = Event()
    puller = Puller(hearer.inbox, CHANNEL, Script(stopping, (messages, 2)), stopping)
    puller.run()
    assert hearer.inbox.position(CHANNEL) == 0
    assert puller.wait_for_recording(1)


def test_whoever_stops_a_puller_can_wait_for_what_is_being_recorded(office: Peers, hearer: Hearer) -> None:
    (message,) = office.release(*persons(1))
    stopping, recording, go_on = Event(), Event(), Event()
    hear = hearer.inbox.hear

    def hear_slowly(channel: Channel, messages: list[bytes]) -> int:
        recording.set()
        assert go_on.wait(30)
        return hear(channel, messages)

    hearer.inbox.hear = hear_slowly  # type: ignore[method-assign, assignment]
    puller = Puller(hearer.inbox, CHANNEL, Script(Event(), ([message], 1), ([], 1)), stopping)
    puller.start()
    assert recording.wait(10)
    stopping.set()
    assert not puller.wait_for_recording(0.01)
    go_on.set()
    assert puller.wait_for_recording(10)
    assert hearer.inbox.position(CHANNEL) == 1
    puller.join(10)


def test_a_real_peer_that_talks_rubbish_and_returns_is_heard_in_the_end(
    tmp_path: Path, office: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pullers, "FIRST_PAUSE", 0.001)
    messages = office.release(*persons(2))
    batch = b"[" + b",".join(messages) + b"]"
    answers = [
        answering(b"<html>"),
        saying(b""),
        answering(batch[:-40], length=len(batch)),
        answering(b"[]", "500 Oops"),
        answering(batch),
        answering(b"[]"),
    ]
    heard = Event()
    stopping = Event()
    with rubbish_peer(*answers) as peer:
        hear = office.hearer.inbox.hear

        def hear_and_say_so(channel: Channel, messages: list[bytes]) -> int:
            position = hear(channel, messages)
            if position == 2:
                heard.set()
            return position

        office.hearer.inbox.hear = hear_and_say_so  # type: ignore[method-assign, assignment]
        puller = Puller(office.hearer.inbox, CHANNEL, FeedReader(peer.url, "secret"), stopping)
        puller.start()
        assert heard.wait(20)
        stopping.set()
        puller.join(20)
    assert len(peer.asked) >= 5
    assert office.hearer.inbox.position(CHANNEL) == 2


def test_a_silent_peer_holds_no_other_channel_up(tmp_path: Path) -> None:
    """One thread per channel: while one waits for its peer, the other hears."""
    with (
        opened(tmp_path / "police.sqlite", Hands(), Agency.POLICE) as police,
        opened(tmp_path / "commune.sqlite") as commune,
    ):
        hearer = Hearer(commune, UBND_DONG)
        say_release(police, uuid4())
        stopping, asked, heard = Event(), Event(), Event()

        class Silent:
            def fetch(self, channel: Channel, last_event_id: str | None, wait: float = 20) -> Answer:
                asked.set()
                stopping.wait(30)
                return [], 0

        class Speaking:
            def fetch(self, channel: Channel, last_event_id: str | None, wait: float = 20) -> Answer:
                if last_event_id:
                    heard.set()
                    stopping.wait(30)
                return told(police, CHANNEL) if not last_event_id else [], 1

        one = Puller(hearer.inbox, Channel("pgd-ba", UBND_DONG), Silent(), stopping)
        other = Puller(hearer.inbox, Channel(CA_DONG, UBND_DONG), Speaking(), stopping)
        one.start()
        assert asked.wait(10)
        other.start()
        assert heard.wait(10)
        stopping.set()
        one.join(10)
        other.join(10)
        assert hearer.inbox.position(CHANNEL) == 1
