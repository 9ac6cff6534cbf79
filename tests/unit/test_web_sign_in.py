"""Signing in on the page: a cookie that reads and never commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.unit.web_office import PASSWORD, Office, opened

OURS = {"Origin": "http://localhost"}
FORM = {"username": "leader", "password": PASSWORD}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as office:
        yield office


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Office]:
    """The same office, not on loopback."""
    with opened(tmp_path, secret_loopback=False) as office:
        yield office


def cookie_of(answer: TestResponse) -> str:
    return answer.headers["Set-Cookie"]


def signed_in(office: Office) -> TestResponse:
    return office.client().post("/sign-in", data={**FORM, "next": "/work"}, headers=OURS)


def test_signing_in_on_the_page_sets_a_cookie_that_scripts_and_other_sites_cannot_use(office: Office) -> None:
    answer = signed_in(office)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/work")
    cookie = cookie_of(answer)
    assert cookie.startswith("phoihop_police=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Secure" not in cookie  # loopback


def test_behind_tls_the_cookie_never_travels_in_the_clear(guarded: Office) -> None:
    answer = guarded.client().post(
        "/sign-in", data=FORM, headers={"Origin": "https://ca.example"}, base_url="https://ca.example"
    )
    assert answer.status_code == 303
    assert cookie_of(answer).startswith("__Host-phoihop_police=")
    assert "Secure" in cookie_of(answer).split("; ")


def test_the_cookie_opens_pages_and_the_reading_of_the_api(office: Office) -> None:
    client = office.client()
    client.post("/sign-in", data=FORM, headers=OURS)
    assert client.get("/work").status_code == 200
    assert client.get("/api/cases/1").status_code == 200


def test_the_cookie_gives_no_commands(office: Office) -> None:
    client = office.client()
    client.post("/sign-in", data=FORM, headers=OURS)
    answer = client.post("/api/cases", json={"name": "An"}, headers={"Idempotency-Key": "k", **OURS})
    assert answer.status_code == 401
    assert office.commands == []


def test_a_wrong_bearer_token_is_not_mended_by_a_good_cookie(office: Office) -> None:
    client = office.client()
    client.post("/sign-in", data=FORM, headers=OURS)
    for header in ("Bearer nobodys", "Basic bGVhZGVyOng=", ""):
        assert client.get("/api/cases/1", headers={"Authorization": header}).status_code == 401


def test_signing_out_ends_the_token_and_the_cookie(office: Office) -> None:
    client = office.client()
    token = cookie_of(client.post("/sign-in", data=FORM, headers=OURS)).split("=", 1)[1].split(";")[0]
    answer = client.post("/sign-out", headers=OURS)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert "Max-Age=0" in cookie_of(answer)
    assert office.users.user_of(token, office.machine_clock()) is None


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "http://localhost:8002"},
        {"Origin": "https://localhost"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_sent_from_elsewhere_is_refused(office: Office, path: str, headers: dict[str, str]) -> None:
    client = office.client()
    client.post("/sign-in", data=FORM, headers=OURS)
    answer = client.post(path, data=FORM, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert client.get("/work").status_code == 200


def test_a_browser_that_says_same_origin_is_believed(office: Office) -> None:
    answer = office.client().post("/sign-in", data=FORM, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303


def test_a_wrong_password_on_the_page_says_so_and_keeps_the_name(office: Office) -> None:
    answer = office.client().post(
        "/sign-in", data={"username": "leader", "password": "sai", "next": "/work"}, headers=OURS
    )
    assert answer.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu không đúng." in answer.text
    assert 'value="leader"' in answer.text
    assert 'value="/work"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_page_tells_how_long_to_wait(office: Office) -> None:
    for _ in range(5):
        office.client().post("/sign-in", data={**FORM, "password": "sai"}, headers=OURS)
    answer = office.client().post("/sign-in", data=FORM, headers=OURS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    assert "30 giây" in answer.text


@pytest.mark.parametrize(
    "goal",
    [
        "http://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "work",
        "",
        "/" + "x" * 600,
    ],
)
def test_signing_in_never_leads_to_another_site(office: Office, goal: str) -> None:
    answer = office.client().post("/sign-in", data={**FORM, "next": goal}, headers=OURS)
    assert answer.headers["Location"] == "/"


def test_who_is_signed_in_already_goes_straight_on(office: Office) -> None:
    client = office.client()
    client.post("/sign-in", data=FORM, headers=OURS)
    answer = client.get("/sign-in?next=/work")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/work")


def test_three_services_on_one_machine_keep_three_cookies(tmp_path: Path) -> None:
    names = set()
    for agency in ("police", "commune", "bank"):
        (tmp_path / agency).mkdir()
        with opened(tmp_path / agency) as office:
            office.app.extensions["phoihop"].agency = agency
            names.add(cookie_of(signed_in(office)).split("=")[0])
    assert len(names) == 3
