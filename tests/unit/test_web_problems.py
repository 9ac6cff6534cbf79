"""Whatever goes wrong is told as a problem: to programs in JSON, to people on a page."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import marshmallow as ma
import pytest
from werkzeug.test import TestResponse

from shared.web.app import MAX_BODY
from shared.web.validation import field_errors
from tests.unit.web_office import SECRET, Office, opened


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as office:
        yield office


def get(office: Office, path: str, **headers: str) -> TestResponse:
    return office.client().get(path, headers={**office.bearer("officer"), **headers})


def post(office: Office, body: object, **options: Any) -> TestResponse:
    headers = {**office.bearer("officer"), "Idempotency-Key": "k", **options.pop("headers", {})}
    if isinstance(body, bytes):
        return office.client().post("/api/cases", data=body, headers=headers, **options)
    return office.client().post("/api/cases", json=body, headers=headers, **options)


def problem_in(answer: TestResponse) -> dict[str, Any]:
    assert answer.mimetype == "application/problem+json"
    assert isinstance(answer.json, dict)
    assert answer.json["status"] == answer.status_code
    assert answer.json["type"] == f"urn:phoihop:problem:{answer.json['code']}"
    assert answer.json["instance"] == f"urn:phoihop:request:{answer.headers['X-Request-Id']}"
    return answer.json


def test_a_refusal_names_the_article_and_the_facts(office: Office) -> None:
    problem = problem_in(get(office, "/api/troubles/refused"))
    assert problem["status"] == 409
    assert problem["code"] == "five_years_passed"
    assert problem["rule"] == "Điều 3 khoản 2 điểm a"
    assert problem["facts"] == {"completed_on": "2021-01-02"}
    assert (problem["title"], problem["detail"]) == ("Không thực hiện được", "Đã quá 5 năm.")


@pytest.mark.parametrize("asked", ["en", "en-GB,en;q=0.9,vi;q=0.8"])
def test_who_asks_for_english_gets_english(office: Office, asked: str) -> None:
    answer = get(office, "/api/troubles/refused", **{"Accept-Language": asked})
    assert problem_in(answer)["detail"] == "Five years have passed."
    assert answer.headers["Content-Language"] == "en"
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("asked", ["vi", "fr", "*", "vi-VN,en;q=0.5", "en;q=0"])
def test_everybody_else_gets_vietnamese(office: Office, asked: str) -> None:
    answer = get(office, "/api/troubles/refused", **{"Accept-Language": asked})
    assert problem_in(answer)["detail"] == "Đã quá 5 năm."


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/troubles/missing", 404, "not_found"),
        ("/api/troubles/parked", 409, "case_parked"),
        ("/api/troubles/busy", 503, "unavailable"),
    ],
)
def test_each_kind_of_refusal_has_its_status(office: Office, path: str, status: int, code: str) -> None:
    problem = problem_in(get(office, path))
    assert (problem["status"], problem["code"]) == (status, code)


def test_a_view_that_answers_by_aborting_is_left_alone(office: Office) -> None:
    answer = get(office, "/api/troubles/own")
    assert (answer.status_code, answer.text) == (418, "an answer of its own")


def test_a_service_that_is_busy_says_when_to_come_back(office: Office) -> None:
    assert get(office, "/api/troubles/busy").headers["Retry-After"] == "9"


def test_an_unknown_address_is_a_problem_under_api_and_a_page_elsewhere(office: Office) -> None:
    assert problem_in(get(office, "/api/nowhere"))["status"] == 404
    assert problem_in(office.client().get("/api/nowhere"))["status"] == 404
    page = get(office, "/nowhere", Accept="text/html")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "Không có gì ở địa chỉ này." in page.text
    assert problem_in(get(office, "/nowhere", Accept="application/json"))["status"] == 404


def test_a_page_is_in_vietnamese_whatever_the_browser_prefers(office: Office) -> None:
    page = get(office, "/nowhere", **{"Accept": "text/html", "Accept-Language": "en"})
    assert "Không có gì ở địa chỉ này." in page.text


def test_a_method_that_an_address_does_not_take_is_told_which_it_takes(office: Office) -> None:
    answer = office.client().put("/api/cases", headers=office.bearer("officer"))
    assert problem_in(answer)["status"] == 405
    assert "POST" in answer.headers["Allow"]


def test_a_crash_leaks_nothing_but_a_number_that_is_also_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "phoihop.web"):
        answer = get(office, "/api/troubles/crash")
    problem = problem_in(answer)
    assert problem["status"] == 500
    for leak in (SECRET, "RuntimeError", "Traceback", "web_office"):
        assert leak not in answer.text
    assert problem["incident"] in problem["detail"]
    assert problem["incident"] in caplog.text
    assert answer.headers["X-Request-Id"] in caplog.text
    assert "RuntimeError" in caplog.text


def test_while_the_store_is_away_who_asks_is_told_to_ask_again(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "phoihop.web"):
        answer = get(office, "/api/troubles/away")
    assert problem_in(answer)["code"] == "unavailable"
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert SECRET not in answer.text
    assert SECRET in caplog.text


def test_a_crash_on_a_page_leaks_nothing_either(office: Office) -> None:
    page = get(office, "/work/broken", Accept="text/html")
    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert SECRET not in page.text
    assert "mã sự cố" in page.text


# What is wrong with a body


def test_each_wrong_field_is_named_by_pointer_code_and_sentence(office: Office) -> None:
    answer = post(office, {"amount": 101, "born": "31/02/2026", "months": [1, "x"], "note": "?"})
    problem = problem_in(answer)
    assert problem["status"] == 422
    assert problem["code"] == "invalid_input"
    assert {(error["pointer"], error["code"]) for error in problem["errors"]} == {
        ("/name", "required"),
        ("/amount", "out_of_range"),
        ("/born", "not_a_date"),
        ("/months/1", "not_an_integer"),
        ("/note", "unknown_field"),
    }
    said = {error["pointer"]: error["message"] for error in problem["errors"]}
    assert said["/amount"] == "Phải từ 1 đến 100."
    assert office.commands == []


def test_the_same_in_english(office: Office) -> None:
    answer = post(office, {"name": "x" * 21}, headers={"Accept-Language": "en"})
    assert problem_in(answer)["errors"] == [
        {"pointer": "/name", "code": "bad_length", "message": "Length must be between 1 and 20."}
    ]


def test_a_rule_of_our_own_brings_its_own_code_and_sentences(office: Office) -> None:
    vietnamese = problem_in(post(office, {"name": "An 2"}))["errors"]
    english = problem_in(post(office, {"name": "An 2"}, headers={"Accept-Language": "en"}))["errors"]
    assert vietnamese == [{"pointer": "/name", "code": "digit_in_name", "message": "Tên không có chữ số."}]
    assert english[0]["message"] == "No digits in a name."


def test_an_answer_names_at_most_a_hundred_fields(office: Office) -> None:
    answer = post(office, {"name": "An", "months": ["x"] * 150})
    assert len(problem_in(answer)["errors"]) == 100


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"name": "An", "name": "Binh"}',
        b'{"amount": NaN}',
        b'{"amount": Infinity}',
        b'{"amount": 1e999}',
        b'{"amount": 9007199254740993}',
        b'{"amount": ' + b"9" * 5000 + b"}",
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000"}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"name": "An"} {}',
    ],
)
def test_a_body_that_two_readers_could_read_differently_is_refused(office: Office, body: bytes) -> None:
    problem = problem_in(post(office, body, content_type="application/json"))
    assert (problem["status"], problem["code"]) == (400, "malformed_body")
    assert office.commands == []


def test_a_backslash_before_a_u_is_not_the_character_nul(office: Office) -> None:
    assert post(office, {"name": "\\u"}).status_code == 201
    assert post(office, {"name": "\\u0"}, headers={"Idempotency-Key": "2"}).status_code == 422  # the digit


def test_a_malformed_body_is_not_repeated_in_the_answer(office: Office) -> None:
    answer = post(office, b'{"name": "0123456789', content_type="application/json")
    assert "0123456789" not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_of_another_kind_is_refused(office: Office, kind: str | None) -> None:
    problem = problem_in(post(office, b'{"name": "An"}', content_type=kind))
    assert (problem["status"], problem["code"]) == (415, "not_json")


def test_a_body_that_is_too_large_is_refused(office: Office) -> None:
    body = json.dumps({"name": "x" * MAX_BODY}).encode()
    assert problem_in(post(office, body, content_type="application/json"))["status"] == 413


def test_a_command_without_a_body_lacks_its_fields(office: Office) -> None:
    problem = problem_in(post(office, b""))
    assert [error["pointer"] for error in problem["errors"]] == ["/name"]


@pytest.mark.parametrize("body", [[], "An", 3])
def test_a_body_that_is_no_object_is_refused(office: Office, body: object) -> None:
    problem = problem_in(post(office, body))
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, "")


# What the library says, in our words


WRONG_BY_FIELD: list[tuple[ma.fields.Field[Any], object]] = [
    (ma.fields.String(), 1),
    (ma.fields.String(), None),
    (ma.fields.String(required=True), ma.missing),
    (ma.fields.Integer(), "x"),
    (ma.fields.Decimal(), "x"),
    (ma.fields.Boolean(), "x"),
    (ma.fields.Date(), "31/02/2026"),
    (ma.fields.AwareDateTime(), "x"),
    (ma.fields.AwareDateTime(), "2026-03-07T05:00:00"),
    (ma.fields.UUID(), "x"),
    (ma.fields.List(ma.fields.String()), "x"),
    (ma.fields.Dict(), "x"),
]
WRONG_BY_RULE = [
    (ma.validate.Length(min=2), "x"),
    (ma.validate.Length(max=0), "x"),
    (ma.validate.Length(min=2, max=3), "x"),
    (ma.validate.Length(equal=2), "x"),
    (ma.validate.Range(min=2), 1),
    (ma.validate.Range(max=0), 1),
    (ma.validate.Range(min=2, max=3), 1),
    (ma.validate.Range(min=1, min_inclusive=False), 1),
    (ma.validate.Range(max=1, max_inclusive=False), 1),
    (ma.validate.Equal(2), 1),
    (ma.validate.OneOf(["a", "b"]), "x"),
    (ma.validate.Regexp("a"), "x"),
]


def complaint(wrong: Callable[..., object], value: object) -> str:
    with pytest.raises(ma.ValidationError) as found:
        wrong(value)
    return str(found.value.messages[0])


def test_every_sentence_of_the_validation_library_has_its_code_and_its_vietnamese() -> None:
    """A new version of the library that says something else would reach people in English: notice it."""
    said = {complaint(field.deserialize, value) for field, value in WRONG_BY_FIELD}
    said |= {complaint(rule, value) for rule, value in WRONG_BY_RULE}
    said |= set(ma.Schema().error_messages.values())
    assert len(said) >= 24
    for text in said:
        (error,) = field_errors({"json": {"amount": [text]}}, 9)
        assert error.code != "invalid", text
        assert error.message_en == text
        assert error.message_vi != text
        assert "{" not in error.message_vi


def test_a_sentence_nobody_knows_is_still_told() -> None:
    (error,) = field_errors({"json": {"amount": ["Something new."]}}, 9)
    assert (error.code, error.message_vi, error.message_en) == (
        "invalid",
        "Giá trị không hợp lệ.",
        "Something new.",
    )


def test_a_pointer_escapes_what_json_pointers_escape() -> None:
    errors = field_errors({"json": {"a/b~c": {0: ["Unknown field."]}, "_schema": ["Invalid input type."]}}, 9)
    assert [error.pointer for error in errors] == ["/a~1b~0c/0", ""]
