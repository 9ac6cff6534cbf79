"""The pages: what every one has, how figures are written, and what a browser is told to allow."""

import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from shared.web import app as web_app
from shared.web.furniture import day, moment, vnd
from shared.web.identity import Users
from tests.unit.web_office import FAST, NOON, PASSWORD, Office, opened

WEB = Path(web_app.__file__).parent


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as office:
        yield office


def browser(office: Office, username: str = "leader") -> FlaskClient:
    client = office.client()
    client.post(
        "/sign-in", data={"username": username, "password": PASSWORD}, headers={"Origin": "http://localhost"}
    )
    return client


# Furniture


def test_a_page_shows_agency_office_user_and_where_one_is(tmp_path: Path) -> None:
    with opened(tmp_path, office_name={"ca-hoadong": "Công an xã Hòa Đông"}.__getitem__) as office:
        page = browser(office).get("/work").text
    assert '<html lang="vi" data-agency="police">' in page
    for shown in ("Công an xã", "Công an xã Hòa Đông", "Nguyễn leader", "Chức danh · lãnh đạo", "Đăng xuất"):
        assert shown in page
    assert re.search(r'<a href="/work" aria-current="page">Việc cần làm</a>', page)
    assert 'href="#content"' in page
    assert "50.000.000\u00a0₫" in page
    assert "Ngày mô phỏng" not in page


def test_before_signing_in_a_page_shows_no_navigation(office: Office) -> None:
    page = office.client().get("/sign-in").text
    assert "Việc cần làm" not in page
    assert 'for="username"' in page
    assert 'for="password"' in page


def test_a_stepped_clock_is_shown_as_the_local_day_on_every_page(tmp_path: Path) -> None:
    with opened(tmp_path, stepped=True) as office:
        office.clock.now = datetime(2026, 3, 7, 17, tzinfo=UTC)  # midnight in Viet Nam
        for page in (
            browser(office).get("/work"),
            office.client().get("/sign-in"),
            browser(office).get("/no"),
        ):
            assert re.search(r"Ngày mô phỏng <strong>08/03/2026</strong>", page.text)


def test_the_first_page_is_the_first_of_the_navigation(office: Office) -> None:
    answer = browser(office).get("/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/work")


def test_a_service_without_pages_still_has_a_first_one(office: Office) -> None:
    office.app.extensions["phoihop"].links.clear()
    assert browser(office).get("/").status_code == 200


def test_what_people_typed_is_escaped(office: Office) -> None:
    page = office.client().post(
        "/sign-in",
        data={"username": '"><script>x', "password": "sai"},
        headers={"Origin": "http://localhost"},
    )
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (50_000_000, "50.000.000\u00a0₫"),
        (0, "0\u00a0₫"),
        (-1_000, "-1.000\u00a0₫"),
        (999, "999\u00a0₫"),
        (None, "—"),
    ],
)
def test_money_is_written_as_in_viet_nam(amount: int | None, written: str) -> None:
    assert vnd(amount) == written


@given(st.integers(-(10**15), 10**15))
def test_written_money_reads_back(amount: int) -> None:
    assert int(vnd(amount).replace(".", "").replace("\u00a0₫", "")) == amount


def test_days_and_moments_are_written_as_in_viet_nam() -> None:
    assert day(date(2026, 3, 7)) == day("2026-03-07") == "07/03/2026"
    assert day(date(987, 1, 2)) == "02/01/0987"
    assert day(None) == moment(None) == "—"
    assert moment(datetime(2026, 3, 7, 17, 5, tzinfo=UTC)) == "08/03/2026 00:05"
    assert moment("2026-03-07T17:05:00Z") == "08/03/2026 00:05"


def test_an_instant_is_not_a_day_and_a_naive_time_is_no_instant() -> None:
    with pytest.raises(TypeError, match="moment"):
        day(NOON)
    with pytest.raises(ValueError, match="time zone"):
        moment("2026-03-07T17:05:00")


# Headers


@pytest.mark.parametrize(
    "path", ["/work", "/sign-in", "/health", "/api/cases/1", "/api/nowhere", "/api/docs/"]
)
def test_every_answer_tells_the_browser_what_it_may_do(office: Office, path: str) -> None:
    headers = browser(office).get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[-1].split(";")[0]
    assert "'unsafe-eval'" not in policy
    assert headers["Cache-Control"] == "no-store"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-Id"])
    assert "Server" not in headers


def test_our_own_pages_allow_no_script_at_all(office: Office) -> None:
    answer = browser(office).get("/work")
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_the_stylesheet_may_be_kept_and_is_asked_anew_after_a_change(office: Office) -> None:
    page = office.client().get("/sign-in").text
    found = re.search(r'href="(/static/phoihop\.css\?v=[0-9a-f]{12})"', page)
    assert found is not None
    answer = office.client().get(found[1])
    assert answer.mimetype == "text/css"
    assert "max-age" in answer.headers["Cache-Control"]
    answer.close()


def test_nothing_is_fetched_from_anywhere_else() -> None:
    for file in [*WEB.glob("templates/*"), *WEB.glob("static/*.css"), *WEB.glob("static/*.js")]:
        text = file.read_text("utf-8")
        assert not re.search(r"""(src|href|url|action)\s*[=(:]\s*["']?(https?:)?//""", text), file


def test_the_access_log_has_one_line_without_personal_data(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    headers = office.bearer("leader")
    with caplog.at_level(logging.INFO, "phoihop.access"):
        office.client().get("/api/cases/42/signature?name=Lan", headers=headers)
    (record,) = caplog.records
    line = json.loads(record.getMessage())
    assert line.pop("ms") >= 0
    assert re.fullmatch(r"[0-9a-f]{32}", line.pop("request"))
    assert line == {
        "method": "GET",
        "route": "/api/cases/<int:number>/signature",
        "status": 200,
        "office": "ca-hoadong",
        "role": "leader",
        "peer": None,
    }


# Documentation


def test_the_documentation_asks_for_a_sign_in(office: Office) -> None:
    page = office.client().get("/api/docs/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Location"]) == (303, "/sign-in?next=/api/docs/")
    assert office.client().get("/api/openapi.json").status_code == 401
    assert office.client().get("/api/docs/swagger-ui.css").status_code != 200


def test_who_is_signed_in_can_browse_the_documentation(office: Office) -> None:
    client = browser(office)
    page = client.get("/api/docs/").text
    for address in re.findall(r'(?:src|href)="(/[^"]+)"', page):
        if address != "/":
            answer = client.get(address)
            assert answer.status_code == 200, address
            answer.close()
    assert 'data-spec="/api/openapi.json"' in page
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_the_packaged_swagger_ui_reads_openapi_3_1(office: Office) -> None:
    answer = browser(office).get("/api/docs/swagger-ui-bundle.js")
    assert b"OpenAPI 3.1" in answer.data or b"isOAS31" in answer.data
    answer.close()


def test_only_the_files_that_are_needed_are_served(office: Office) -> None:
    assert browser(office).get("/api/docs/index.html").status_code == 404
    assert browser(office).get("/api/docs/../app.py").status_code == 404


def test_the_api_is_described_in_openapi_3_1(office: Office) -> None:
    spec = browser(office).get("/api/openapi.json").json
    assert spec is not None
    assert spec["openapi"] == "3.1.0"
    assert spec["security"] == [{"bearer": []}]
    assert spec["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    assert spec["paths"]["/api/tokens"]["post"]["security"] == []
    parameters = spec["paths"]["/api/cases/{number}/decisions"]["post"]["parameters"]
    assert {(p["name"], p["required"]) for p in parameters} == {("Idempotency-Key", True), ("If-Match", True)}
    refusal = spec["paths"]["/api/cases"]["post"]["responses"]["422"]["$ref"].split("/")[-1]
    assert "application/problem+json" in spec["components"]["responses"][refusal]["content"]


# Looks


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_told_apart_by_everybody() -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text."""
    css = (WEB / "static" / "phoihop.css").read_text("utf-8")
    root = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css.split("}")[0]))
    accents = re.findall(r"--accent: (#[0-9a-f]{6});", css)
    assert len(accents) == 3
    pairs = [(accent, "#ffffff") for accent in accents] + [(accent, root["ground"]) for accent in accents]
    pairs += [(root[tone], root[f"{tone}-soft"]) for tone in ("good", "warn", "bad")]
    pairs += [(root[ink], root[on]) for ink in ("ink", "muted") for on in ("paper", "ground", "plain-soft")]
    assert {pair: round(contrast(*pair), 1) for pair in pairs if contrast(*pair) < 4.5} == {}


def test_a_machine_that_is_not_loopback_may_say_which_names_it_answers_to(tmp_path: Path) -> None:
    users = Users(tmp_path / "users.sqlite", method=FAST)
    app = web_app.create_app(
        agency="bank",
        title="NHCSXH",
        users=users,
        clock=lambda: NOON,
        secret_loopback=False,
        trusted_hosts=["pgd.example"],
    )
    assert app.test_client().get("/health", base_url="https://pgd.example").status_code == 200
    assert app.test_client().get("/health", base_url="https://other.example").status_code == 400
    users.close()
