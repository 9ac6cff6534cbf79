"""The carrier: whatever a peer does, it is messages or a trouble with a name, within a time."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from shared.agreement.parties import Agency, Channel
from shared.log.application import AgencyLog
from shared.messaging import carrier
from shared.messaging.carrier import FeedReader, PeerTrouble
from shared.messaging.credentials import PeerCredentials
from shared.messaging.feed import authenticator, feed
from shared.web.app import create_app, mount
from shared.web.identity import Users
from shared.web.serving import Server
from tests.support.kernel import CA_DONG, PGD, UBND_DONG, Hands, opened, say_release, told
from tests.support.rubbish import Answer, answering, dripping, rubbish_peer, saying, silent

CHANNEL = Channel(CA_DONG, UBND_DONG)


@contextmanager
def served(folder: Path) -> Iterator[tuple[AgencyLog, str, str]]:
    """The police's feed on a real server: its log, its address and the committee's secret."""
    users = Users(folder / "users.sqlite", method="scrypt:1024:8:1")
    credentials = PeerCredentials(folder / "peers.json")
    app = create_app(agency="police", title="Công an xã", users=users, clock=Hands(), secret_loopback=True)
    with opened(folder / "police.sqlite", Hands(), Agency.POLICE) as log:
        mount(app, peers={feed(log, {CA_DONG}): authenticator(credentials)})
        server = Server(app)
        serving = Thread(target=server.run)
        serving.start()
        try:
            yield log, f"http://127.0.0.1:{server.port}", credentials.grant(UBND_DONG)
        finally:
            server.stop()
            serving.join(10)
    users.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "SLACK_SECONDS", 0.2)
    monkeypatch.setattr(carrier, "CONNECT_SECONDS", 1.0)


def trouble_with(url: str, *, wait: float = 0.0) -> PeerTrouble:
    with pytest.raises(PeerTrouble) as trouble:
        FeedReader(url, "secret").fetch(CHANNEL, None, wait)
    return trouble.value


def test_messages_come_over_a_real_server_as_they_were_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "SLACK_SECONDS", 10.0)
    with served(tmp_path) as (log, url, secret):
        reader = FeedReader(url + "/", secret)
        assert reader.fetch(CHANNEL, None, 0) == ([], 0)
        for _ in range(3):
            say_release(log, uuid4())
        messages, head = reader.fetch(CHANNEL, None, 0)
        assert (messages, head) == (told(log, CHANNEL), 3)
        second = log.books.event_id_at("told", CHANNEL.name, 2)
        assert reader.fetch(CHANNEL, second, 0) == (told(log, CHANNEL, 2), 3)
        with pytest.raises(PeerTrouble, match="was its log restored") as trouble:
            reader.fetch(CHANNEL, str(uuid4()), 0)
        assert trouble.value.code == "unknown_event"


@pytest.mark.parametrize(("channel", "status"), [(CHANNEL, 401), (Channel(CA_DONG, PGD), 401)])
def test_a_wrong_secret_is_a_refusal(
    tmp_path: Path, channel: Channel, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "SLACK_SECONDS", 10.0)
    with served(tmp_path) as (_, url, _secret), pytest.raises(PeerTrouble, match=f"HTTP {status}") as trouble:
        FeedReader(url, "guessed").fetch(channel, None, 0)
    assert trouble.value.code == "refused"


def test_another_partys_channel_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "SLACK_SECONDS", 10.0)
    with served(tmp_path) as (_, url, secret), pytest.raises(PeerTrouble, match="HTTP 404"):
        FeedReader(url, secret).fetch(Channel(CA_DONG, PGD), None, 0)


def test_a_long_poll_brings_what_is_told_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "SLACK_SECONDS", 10.0)
    with served(tmp_path) as (log, url, secret):
        answers: list[tuple[list[bytes], int | None]] = []
        poll = Thread(target=lambda: answers.append(FeedReader(url, secret).fetch(CHANNEL, None, 20)))
        poll.start()
        say_release(log, uuid4())
        poll.join(15)
        assert answers == [(told(log, CHANNEL), 1)]


def test_a_peer_that_is_not_there_is_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert trouble_with(f"http://127.0.0.1:{port}").code == "down"


@pytest.mark.parametrize("url", ["http://peer.invalid", "http://192.0.2.7:8001", "ftp://127.0.0.1", "peer"])
def test_a_secret_is_not_sent_in_the_open_to_another_machine(url: str) -> None:
    with pytest.raises(ValueError, match="https only"):
        FeedReader(url, "secret")


def test_an_address_that_nobody_has_is_down() -> None:
    assert trouble_with("https://peer.invalid").code == "down"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (answering(b"<html>ngh\xe9o</html>"), "garbage"),
        (answering(b""), "garbage"),
        (answering(b"{}"), "garbage"),
        (answering(b'[{"a":1},'), "garbage"),
        (answering(b"[" * 100_000), "garbage"),
        (answering(b"\xff\xfe"), "garbage"),
        (answering(b"[]", "200 OK", "Content-Encoding: gzip"), None),
        (answering(b"\x1f\x8b\x08\x00rubbish", "200 OK", "Content-Encoding: gzip"), "garbage"),
        (answering(b"[]", "500 Internal Server Error"), "refused"),
        (answering(b"[]", "503 Service Unavailable"), "refused"),
        (answering(b"[]", "204 No Content"), "refused"),
        (answering(b"[]", "302 Found", "Location: http://127.0.0.1:1/"), "refused"),
        (answering(b"[]", "409 Conflict"), "unknown_event"),
        (answering(b"[]", "200 OK", "Phoihop-Head: many"), None),
        (answering(b"[1,2", length=400), "down"),
        (answering(b"[]", length=400), "down"),
        (saying(b"SSH-2.0-OpenSSH_9.2\r\n"), "down"),
        (saying(b""), "down"),
        (saying(b"HTTP/1.1 200 OK\r\n"), "garbage"),
        (saying(b"HTTP/1.1 200 OK\r\nContent-Length: zwei\r\n\r\n[]"), None),
        (saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "down"),
        (saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n["), "down"),
        (saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n"), "down"),
        (saying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n[]"), "down"),
    ],
)
def test_a_peer_that_talks_rubbish_is_a_trouble_with_a_name(answer: Answer, code: str | None) -> None:
    with rubbish_peer(answer) as peer:
        if code is None:
            assert FeedReader(peer.url, "secret").fetch(CHANNEL, None, 0) == ([], None)
        else:
            assert trouble_with(peer.url).code == code


def test_a_peer_that_never_answers_is_down_after_a_time() -> None:
    with rubbish_peer(silent) as peer:
        trouble = trouble_with(peer.url)
    assert trouble.code == "down"
    assert "ReadTimeout" in trouble.reason


def test_a_peer_that_answers_by_drips_is_down_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "LONGEST_ANSWER", 0.2)
    with rubbish_peer(dripping(b" " * 10_000, 0.01)) as peer:
        trouble = trouble_with(peer.url)
    assert trouble.code == "down"
    assert "not whole" in trouble.reason


def test_a_peer_that_stops_in_the_middle_of_an_answer_is_down_after_a_time() -> None:
    with rubbish_peer(dripping(b" " * 10, 25)) as peer:
        assert trouble_with(peer.url).code == "down"


def test_an_answer_too_long_to_keep_is_hung_up_on_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carrier, "MOST_BYTES", 100_000)
    huge = answering(b"[" + b"1," * 100_000 + b"1]")
    with rubbish_peer(huge, answering(b"[]")) as peer:
        reader = FeedReader(peer.url, "secret")
        with pytest.raises(PeerTrouble, match="more than 100000 bytes") as trouble:
            reader.fetch(CHANNEL, None, 0)
        assert trouble.value.code == "garbage"
        assert reader.fetch(CHANNEL, None, 0) == ([], None)


def test_an_answer_without_end_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrier, "MOST_BYTES", 100_000)
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    with rubbish_peer(saying(endless + (b"1000\r\n" + b" " * 0x1000 + b"\r\n") * 100)) as peer:
        assert trouble_with(peer.url).code == "garbage"


def test_a_peer_that_comes_back_is_read_again() -> None:
    with rubbish_peer(answering(b"[]", "500 Oops"), saying(b""), answering(b"[]")) as peer:
        reader = FeedReader(peer.url, "secret")
        for _ in range(2):
            with pytest.raises(PeerTrouble):
                reader.fetch(CHANNEL, None, 0)
        assert reader.fetch(CHANNEL, None, 0) == ([], None)


def test_the_secret_is_shown_to_the_peer_and_not_in_the_address() -> None:
    with rubbish_peer(answering(b"[]")) as peer:
        FeedReader(peer.url, "bí-mật-không".encode().hex()).fetch(CHANNEL, "e1", 0)
        line, *rest = peer.asked[0].split(b"\r\n")
    assert line == b"GET /feed/ca-dong/ubnd-dong?timeout=0&lastEventId=e1 HTTP/1.1"
    assert any(header.startswith(b"Authorization: Bearer ") for header in rest)


def test_a_secret_does_not_follow_a_redirection() -> None:
    with rubbish_peer(answering(b"[]")) as other:
        moved = answering(b"", "302 Found", f"Location: {other.url}/feed")
        with rubbish_peer(moved) as peer:
            assert trouble_with(peer.url).code == "refused"
        assert other.asked == []


def test_the_reason_of_a_trouble_has_an_end() -> None:
    assert len(PeerTrouble("down", "x" * 10_000).reason) == 500
