"""A command says who wants what, once, and on which version."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import rfc8785
from werkzeug.test import TestResponse

from tests.unit.web_office import Office, opened


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as office:
        yield office


def post(office: Office, body: object, key: str | None = "k1", who: str = "officer") -> TestResponse:
    headers = office.bearer(who)
    if key is not None:
        headers["Idempotency-Key"] = key
    return office.client().post("/api/cases", json=body, headers=headers)


def decide(office: Office, if_match: str | None) -> TestResponse:
    headers = {**office.bearer("leader"), "Idempotency-Key": "k1"}
    if if_match is not None:
        headers["If-Match"] = if_match
    return office.client().post("/api/cases/1/decisions", headers=headers)


def code(answer: TestResponse) -> tuple[int, str]:
    assert answer.json is not None
    return answer.status_code, answer.json["code"]


def test_a_command_carries_its_user_its_key_and_the_hash_of_what_is_asked(office: Office) -> None:
    assert post(office, {"name": "An", "amount": 5}).status_code == 201
    command = office.commands[0]
    assert (command.user.username, command.user.office) == ("officer", "ca-hoadong")
    assert (command.key, command.expected_version) == ("k1", None)
    asked = b"POST /api/cases\n" + rfc8785.dumps({"name": "An", "amount": 5})
    assert command.body_hash == hashlib.sha256(asked).hexdigest()


def test_the_same_wish_written_otherwise_has_the_same_hash(office: Office) -> None:
    headers = {**office.bearer("officer"), "Idempotency-Key": "k1"}
    for text in ('{"name":"An","amount":5}', '{ "amount": 5,\n "name": "\\u0041n" }'):
        office.client().post("/api/cases", data=text, content_type="application/json", headers=headers)
    assert len({command.body_hash for command in office.commands}) == 1
    assert len(office.commands) == 2


def test_another_wish_or_another_address_has_another_hash(office: Office) -> None:
    post(office, {"name": "An"}, "1")
    post(office, {"name": "Bình"}, "2")
    for number in (1, 2):
        headers = {**office.bearer("leader"), "Idempotency-Key": "3", "If-Match": '"3"'}
        office.client().post(f"/api/cases/{number}/decisions", headers=headers)
    assert len({command.body_hash for command in office.commands}) == 4


def test_a_command_without_a_key_is_refused(office: Office) -> None:
    assert code(post(office, {"name": "An"}, None)) == (400, "idempotency_key_missing")
    assert code(post(office, {"name": "An"}, "")) == (400, "idempotency_key_missing")
    assert office.commands == []


@pytest.mark.parametrize("key", ["x" * 201, "two words", "khóa", "tab\there"])
def test_a_key_that_is_too_long_or_not_plain_ascii_is_refused(office: Office, key: str) -> None:
    headers = [*office.bearer("officer").items(), ("Idempotency-Key", key.encode().decode("latin-1"))]
    answer = office.client().post("/api/cases", json={"name": "An"}, headers=headers)
    assert code(answer) == (400, "idempotency_key_malformed")


@pytest.mark.parametrize("key", ["!", "~" * 200, '"quoted"', "a,b"])
def test_any_visible_ascii_is_a_key(office: Office, key: str) -> None:
    assert post(office, {"name": "An"}, key).status_code == 201
    assert office.commands[0].key == key


def test_the_key_is_looked_at_before_the_body(office: Office) -> None:
    assert code(post(office, {}, None)) == (400, "idempotency_key_missing")


def test_the_first_answer_gives_version_and_place(office: Office) -> None:
    answer = post(office, {"name": "An"})
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == "/api/cases/1"
    assert "Idempotent-Replayed" not in answer.headers


def test_the_answer_to_a_repeated_command_says_that_it_is_one(office: Office) -> None:
    post(office, {"name": "An"})
    answer = post(office, {"name": "An"})
    assert answer.status_code == 201
    assert answer.headers["Idempotent-Replayed"] == "true"


def test_a_key_used_for_another_wish_is_refused(office: Office) -> None:
    post(office, {"name": "An"})
    assert code(post(office, {"name": "Bình"})) == (422, "idempotency_key_reused")


def test_a_decision_names_the_version_it_was_taken_on(office: Office) -> None:
    answer = decide(office, '"3"')
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"4"')
    assert office.commands[0].expected_version == 3


def test_a_decision_on_a_stale_version_is_refused_with_both_versions(office: Office) -> None:
    answer = decide(office, '"2"')
    assert code(answer) == (412, "stale_version")
    assert answer.json is not None
    assert answer.json["facts"] == {"expected": 2, "actual": 3}


@pytest.mark.parametrize("if_match", [None, "*", ""])
def test_a_decision_that_names_no_version_is_refused(office: Office, if_match: str | None) -> None:
    assert code(decide(office, if_match)) == (428, "if_match_missing")


def test_a_weak_tag_never_matches(office: Office) -> None:
    assert code(decide(office, 'W/"3"')) == (412, "if_match_weak")


@pytest.mark.parametrize(
    "if_match", ["3", '"3', '"x"', '"03"', '"-1"', '"3", "4"', '"' + "9" * 30 + '"', "W/3"]
)
def test_a_tag_that_is_not_ours_is_refused(office: Office, if_match: str) -> None:
    assert code(decide(office, if_match)) == (400, "if_match_malformed")


def test_where_the_version_may_be_left_out_it_is_still_read(office: Office) -> None:
    for sent in ('"7"', "*"):
        headers = {**office.bearer("officer"), "Idempotency-Key": sent, "If-Match": sent}
        assert office.client().post("/api/cases", json={"name": "An"}, headers=headers).status_code == 201
    assert [command.expected_version for command in office.commands] == [7, None]


# Reading with versions


def test_a_resource_carries_its_version_and_dates_in_iso_form(office: Office) -> None:
    answer = office.client().get("/api/cases/1", headers=office.bearer("officer"))
    assert answer.headers["ETag"] == '"3"'
    assert answer.json == {"number": 1, "on": "2026-03-07", "id": "00000000-0000-0000-0000-000000000001"}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("held", ['"3"', 'W/"3"', '"2", "3"', "*"])
def test_who_has_the_version_already_gets_no_copy(office: Office, held: str) -> None:
    headers = {**office.bearer("officer"), "If-None-Match": held}
    answer = office.client().get("/api/cases/1", headers=headers)
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", '"3"')


@pytest.mark.parametrize("held", ['"2"', 'W/"33"', "garbage"])
def test_who_has_another_version_gets_the_new_one(office: Office, held: str) -> None:
    headers = {**office.bearer("officer"), "If-None-Match": held}
    assert office.client().get("/api/cases/1", headers=headers).status_code == 200
