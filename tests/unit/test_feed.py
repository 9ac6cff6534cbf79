"""The feed: each peer reads its own channels, in order, from where it stands; nobody reads another's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shared.agreement.acting import Role
from shared.agreement.parties import Agency, Channel
from shared.log.application import AgencyLog
from shared.log.clock import system_clock
from shared.messaging import feed as feeds
from shared.messaging.credentials import PeerCredentials
from shared.messaging.feed import acknowledged, authenticator, batch, feed
from shared.web import serving
from shared.web.api import ApiBlueprint
from shared.web.app import create_app, mount
from shared.web.auth import current_user
from shared.web.identity import Users
from tests.support.kernel import (
    CA_DONG,
    CA_TAY,
    PGD,
    UBND_DONG,
    UBND_TAY,
    Hands,
    opened,
    say_release,
    tampered,
    told,
)

CHANNEL = Channel(CA_DONG, UBND_DONG)
PASSWORD = "tháng ba mưa phùn"
FAST = "scrypt:1024:8:1"


@dataclass
class Office:
    log: AgencyLog
    credentials: PeerCredentials
    app: Flask
    users: Users
    secret: str

    def get(
        self,
        channel: Channel = CHANNEL,
        *,
        secret: str | None = None,
        headers: dict[str, str] | None = None,
        **query: Any,
    ) -> TestResponse:
        shown = {"Authorization": f"Bearer {self.secret if secret is None else secret}"}
        return self.app.test_client().get(
            f"/feed/{channel.publisher}/{channel.hearer}",
            query_string=query,
            headers=shown if headers is None else headers,
        )

    def release(self, count: int = 1) -> None:
        for _ in range(count):
            say_release(self.log, uuid4())

    def event_id(self, sequence: int) -> str:
        id = self.log.books.event_id_at("told", CHANNEL.name, sequence)
        assert id is not None
        return id


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    users = Users(tmp_path / "users.sqlite", method=FAST)
    users.add("lan", PASSWORD, name="Lan", title="Cán bộ", office=CA_DONG, role=Role.OFFICER)
    credentials = PeerCredentials(tmp_path / "peers.json")
    api = ApiBlueprint("who", __name__, url_prefix="/api/who")

    @api.route("", methods=["GET"])
    def who() -> dict[str, str]:
        return {"user": current_user().username}

    app = create_app(agency="police", title="Công an xã", users=users, clock=Hands(), secret_loopback=True)
    with opened(tmp_path / "police.sqlite", Hands(), Agency.POLICE) as log:
        mount(app, api=[api], peers={feed(log, {CA_DONG, CA_TAY}): authenticator(credentials)})
        yield Office(log, credentials, app, users, credentials.grant(UBND_DONG))
    users.close()


def code(answer: TestResponse) -> str:
    assert answer.json is not None
    assert answer.mimetype == "application/problem+json"
    return str(answer.json["code"])


# What a peer gets.


def test_a_peer_gets_its_messages_in_order_as_they_were_sealed(office: Office) -> None:
    office.release(3)
    answer = office.get()
    assert answer.status_code == 200
    assert answer.mimetype == "application/cloudevents-batch+json"
    assert answer.headers["Phoihop-Head"] == "3"
    assert [bytes(raw) for raw in msgspec.json.decode(answer.data, type=list[msgspec.Raw])] == told(
        office.log, CHANNEL
    )


def test_a_channel_on_which_nothing_was_said_is_an_empty_batch(office: Office) -> None:
    answer = office.get()
    assert (answer.status_code, answer.data) == (200, b"[]")
    assert answer.headers["Phoihop-Head"] == "0"


def test_a_peer_goes_on_from_the_event_it_heard_last(office: Office) -> None:
    office.release(5)
    answer = office.get(lastEventId=office.event_id(3))
    assert [event["sequence"][-1] for event in msgspec.json.decode(answer.data)] == ["4", "5"]
    assert office.get(lastEventId=office.event_id(5)).data == b"[]"


def test_asking_again_brings_the_same_bytes(office: Office) -> None:
    office.release(3)
    assert office.get().data == office.get().data


def test_a_peer_gets_so_many_messages_at_once_and_no_more(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_EVENTS", 2)
    office.release(5)
    first = msgspec.json.decode(office.get().data)
    assert [event["sequence"][-1] for event in first] == ["1", "2"]
    second = msgspec.json.decode(office.get(lastEventId=first[-1]["id"]).data)
    assert [event["sequence"][-1] for event in second] == ["3", "4"]
    assert office.get().headers["Phoihop-Head"] == "5"


def test_an_answer_has_so_many_bytes_and_no_more_but_always_one_message(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.release(3)
    one, two, three = office.log.books.select_told(CHANNEL.name, 0, 3)
    monkeypatch.setattr(feeds, "MOST_BYTES", len(one.envelope) + len(two.envelope))
    assert batch([one, two, three]) == b"[" + one.envelope + b"," + two.envelope + b"]"
    monkeypatch.setattr(feeds, "MOST_BYTES", 10)
    assert batch([one, two, three]) == b"[" + one.envelope + b"]"
    assert batch([]) == b"[]"


def test_what_the_hearer_says_to_have_is_remembered_for_the_status(office: Office) -> None:
    office.release(3)
    assert acknowledged(office.log, CHANNEL) == 0
    office.get()
    assert acknowledged(office.log, CHANNEL) == 0
    office.get(lastEventId=office.event_id(2))
    assert acknowledged(office.log, CHANNEL) == 2
    office.get(lastEventId=office.event_id(1))
    assert acknowledged(office.log, CHANNEL) == 2


def test_an_unknown_last_event_is_a_conflict_and_never_an_empty_page(office: Office) -> None:
    office.release()
    for unknown in (str(uuid4()), "x" * 3000, "Đ"):
        answer = office.get(lastEventId=unknown)
        assert answer.status_code == 409
        assert code(answer) == "unknown_last_event_id"


def test_the_last_event_of_another_channel_is_unknown_on_this_one(office: Office) -> None:
    elsewhere = say_release(office.log, uuid4(), CA_TAY, "99902")
    assert office.get(lastEventId=str(elsewhere)).status_code == 409


# Who gets it.


@pytest.mark.parametrize(
    "channel",
    [Channel(CA_TAY, UBND_TAY), Channel(CA_DONG, PGD), Channel(CA_DONG, "nobody"), Channel("x", "y")],
    ids=lambda channel: channel.name,
)
def test_another_partys_channel_is_not_there(office: Office, channel: Channel) -> None:
    say_release(office.log, uuid4(), CA_TAY, "99902")
    answer = office.get(channel)
    assert answer.status_code == 404
    assert code(answer) == "not_found"
    assert b"sequence" not in answer.data


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic dWJuZC1kb25nOng="},
        {"Authorization": "bearer\tx"},
        {"X-Party": UBND_DONG},
        {"Cookie": f"phoihop_police={UBND_DONG}"},
    ],
    ids=repr,
)
def test_without_the_right_secret_nothing_is_told(office: Office, headers: dict[str, str]) -> None:
    office.release()
    answer = office.get(headers=headers)
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert b"sequence" not in answer.data


def test_a_secret_is_replaced_without_a_gap_and_the_third_ends_the_first(office: Office) -> None:
    first, second = office.secret, office.credentials.grant(UBND_DONG)
    assert [office.get(secret=it).status_code for it in (first, second)] == [200, 200]
    third = office.credentials.grant(UBND_DONG)
    assert [office.get(secret=it).status_code for it in (first, second, third)] == [401, 200, 200]


def test_a_revoked_secret_opens_nothing(office: Office) -> None:
    office.credentials.revoke(UBND_DONG)
    assert office.get().status_code == 401


def test_a_users_token_does_not_open_the_feed(office: Office) -> None:
    token = office.users.sign_in("lan", PASSWORD, system_clock())
    bearer = {"Authorization": f"Bearer {token}"}
    assert office.app.test_client().get("/api/who", headers=bearer).json == {"user": "lan"}
    assert office.get(secret=token).status_code == 401


def test_a_peers_secret_does_not_open_the_api(office: Office) -> None:
    bearer = {"Authorization": f"Bearer {office.secret}"}
    answer = office.app.test_client().get("/api/who", headers=bearer)
    assert answer.status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_feed_can_only_be_read(office: Office, method: str) -> None:
    answer = office.app.test_client().open(
        f"/feed/{CA_DONG}/{UBND_DONG}", method=method, headers={"Authorization": f"Bearer {office.secret}"}
    )
    assert answer.status_code == 405


# Waiting.


@pytest.mark.parametrize("timeout", ["-1", "1.5", "x", "", "١", "1e3", " 5"])
def test_a_timeout_that_is_no_number_of_milliseconds_is_refused(office: Office, timeout: str) -> None:
    answer = office.get(timeout=timeout)
    assert answer.status_code == 400
    assert code(answer) == "bad_timeout"


def test_a_poll_with_something_to_tell_does_not_wait(office: Office) -> None:
    office.release()
    waited = forbid_waiting(office.log)
    assert len(msgspec.json.decode(office.get(timeout=30000).data)) == 1
    assert waited == []


def test_a_poll_without_a_timeout_does_not_wait(office: Office) -> None:
    waited = forbid_waiting(office.log)
    assert office.get().data == b"[]"
    assert office.get(timeout=0).data == b"[]"
    assert waited == []


def test_a_poll_ends_when_its_time_is_over(office: Office) -> None:
    assert office.get(timeout=10).data == b"[]"


def test_a_poll_is_answered_as_soon_as_something_is_told(office: Office) -> None:
    waiting, answers = waits_for_growth(office.log), list[TestResponse]()
    poll = Thread(target=lambda: answers.append(office.get(timeout=30000)))
    poll.start()
    assert waiting.wait(10)
    assert answers == []
    office.release()
    poll.join(10)
    assert not poll.is_alive()
    assert msgspec.json.decode(answers[0].data)[0]["sequence"] == f"{1:020}"


def test_a_poll_waits_on_when_something_is_told_to_others(office: Office) -> None:
    waiting, answers = waits_for_growth(office.log), list[TestResponse]()
    poll = Thread(target=lambda: answers.append(office.get(timeout=30000)))
    poll.start()
    assert waiting.wait(10)
    waiting.clear()
    say_release(office.log, uuid4(), CA_TAY, "99902")
    assert waiting.wait(10)
    assert answers == []
    office.release()
    poll.join(10)
    assert len(msgspec.json.decode(answers[0].data)) == 1


def test_a_poll_sees_what_another_process_recorded(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "LOOK_AGAIN", 0.01)
    waiting, answers = waits_for_growth(office.log), list[TestResponse]()
    poll = Thread(target=lambda: answers.append(office.get(timeout=30000)))
    poll.start()
    assert waiting.wait(10)
    with opened(tmp_path / "police.sqlite", Hands(), Agency.POLICE) as other:
        say_release(other, uuid4())
    poll.join(10)
    assert len(msgspec.json.decode(answers[0].data)) == 1


def test_no_poll_waits_longer_than_the_longest(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LONGEST_POLL", 0.01)
    assert office.get(timeout="9" * 400).data == b"[]"


def test_more_polls_than_may_wait_are_answered_at_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_WAITING", 1)
    crowded = Flask("crowded")
    crowded.register_blueprint(feed(office.log, {CA_DONG, CA_TAY}))
    monkeypatch.setattr(feeds, "current_peer", lambda: UBND_DONG)
    waiting = waits_for_growth(office.log)

    def get() -> bytes:
        answer: TestResponse = crowded.test_client().get(f"/feed/{CA_DONG}/{UBND_DONG}?timeout=30000")
        return bytes(answer.data)

    answers: list[bytes] = []
    first = Thread(target=lambda: answers.append(get()))
    first.start()
    assert waiting.wait(10)
    assert get() == b"[]"
    assert answers == []
    office.release()
    first.join(10)
    assert answers[0] != b"[]"
    assert get() != b"[]"


def test_waiting_polls_leave_threads_for_the_officers() -> None:
    assert feeds.MOST_WAITING <= serving.THREADS * 3 // 4


def test_a_message_is_never_changed_on_its_way(office: Office) -> None:
    """The tests of this module would see it: a feed that changed a byte would not equal what was sealed."""
    office.release()
    (message,) = told(office.log, CHANNEL)
    assert tampered(message, type="x") != message
    assert office.get().data == b"[" + message + b"]"


def waits_for_growth(log: AgencyLog) -> Event:
    """Set each time somebody begins to wait."""
    waiting, wait = Event(), log.wait_for_growth

    def wait_and_say_so(seen: int, seconds: float) -> int:
        waiting.set()
        return wait(seen, seconds)

    log.wait_for_growth = wait_and_say_so  # type: ignore[method-assign]
    return waiting


def forbid_waiting(log: AgencyLog) -> list[float]:
    waited: list[float] = []

    def note(seen: int, seconds: float) -> int:
        waited.append(seconds)
        return seen

    log.wait_for_growth = note  # type: ignore[method-assign]
    return waited
