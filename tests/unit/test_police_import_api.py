"""Workbooks over HTTP: taken once however often they are sent, refused whole, looked at, given up by the chief."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.police.api.imports import ImportSchema, ReportSchema
from services.police.application import imports
from services.police.import_run import ImportStarted
from services.police.service import AGENCY
from shared.agreement.acting import Role, User
from shared.web.app import MAX_BODY, create_app, mount
from tests.unit.police_office import CHIEF, FOREIGNER, OFFICER, OTHER_POLICE, POLICE
from tests.unit.police_workbook import BAD, Importer, row, sheet

PASSWORD = "tháng ba mưa phùn"
AUDITOR = User("kiem", "Kiểm Giả Định", "Thanh tra", POLICE.code, Role.AUDITOR)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Api:
    def __init__(self, client: FlaskClient, tokens: dict[str, str]) -> None:
        self.client = client
        self.tokens = tokens

    def send(
        self, content: bytes, by: User = OFFICER, key: str | None = None, lang: str = "vi", **query: Any
    ) -> TestResponse:
        return self.client.post(
            "/api/imports",
            query_string={"name": "thang-3.csv", **query},
            data=content,
            headers=self.headers(by, lang) | {"Idempotency-Key": key or str(uuid4())},
        )

    def get(self, path: str, by: User = OFFICER, **query: Any) -> Any:
        response = self.client.get(path, query_string=query, headers=self.headers(by))
        assert response.status_code == 200, response.text
        return response.json

    def abandon(self, by: User, key: str | None = None) -> TestResponse:
        headers = self.headers(by) | {"Idempotency-Key": key or str(uuid4())}
        return self.client.post("/api/imports/abandonment", headers=headers)

    def headers(self, by: User, lang: str = "vi") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[by.username]}", "Accept-Language": lang}


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    made = Importer(tmp_path, POLICE, OTHER_POLICE)
    yield made
    made.close()


@pytest.fixture
def api(importer: Importer) -> Api:
    users, tokens = importer.users, {}
    for user in (OFFICER, CHIEF, AUDITOR, FOREIGNER):
        users.add(
            user.username, PASSWORD, name=user.name, title=user.title, office=user.office, role=user.role
        )
        tokens[user.username] = users.sign_in(user.username, PASSWORD, NOW)
    app = create_app(
        agency="police",
        title="Công an xã",
        users=users,
        clock=importer.office.log.clock,
        machine_clock=lambda: NOW,
        secret_loopback=True,
    )
    mount(app, api=AGENCY.blueprints(importer.service))
    return Api(app.test_client(), tokens)


def half_done(importer: Importer, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """The process dies after the first of several commits of rows."""
    record, left = importer.office.log.record, iter(range(2))

    def dying(*args: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        record(*args)

    with monkeypatch.context() as dead, pytest.raises(KeyboardInterrupt):
        dead.setattr(importer.office.log, "record", dying)
        importer.take(content, offices=[POLICE])


def test_a_workbook_is_answered_with_its_report_and_found_again(api: Api) -> None:
    response = api.send(sheet(row(1), row(2)))
    assert response.status_code == 201, response.text
    assert response.json == {
        "rows": 2, "accepted": 2, "unchanged": 0, "updated": 0, "rejected": 0, "errors": []
    }  # fmt: skip
    assert api.get(response.headers["Location"]) == response.json
    (listed,) = api.get("/api/imports")["items"]
    assert ImportSchema().validate(listed) == {}
    assert (listed["workbook"], listed["status"], listed["started_by"], listed["accepted"]) == (
        "thang-3.csv",
        "completed",
        OFFICER.username,
        2,
    )
    assert len(api.get("/api/persons")["items"]) == 2


def test_a_workbook_with_a_bad_row_is_a_problem_that_holds_the_report(api: Api, importer: Importer) -> None:
    content = sheet(row(1), row(2, Số_định_danh="12345"), row(3, **BAD))
    response = api.send(content)
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    assert response.json is not None
    assert (response.json["code"], response.json["report"]["accepted"]) == ("workbook_refused", 0)
    assert ReportSchema().validate(response.json["report"]) == {}
    assert [(e["row"], e["value"]) for e in response.json["report"]["errors"]] == [
        (3, "**345"),
        (4, "50.00"),
    ]
    assert importer.office.events(ImportStarted) == []
    taken = api.send(content, skip_bad="true", lang="en")
    assert taken.status_code == 201
    assert taken.json is not None
    assert (taken.json["accepted"], taken.json["rejected"]) == (1, 2)
    assert taken.json["errors"][0]["message"] == "Exactly 12 digits are expected (blanks are allowed)."


def test_a_file_that_is_no_workbook_is_a_problem_that_says_why(api: Api) -> None:
    response = api.send(b"PK nothing", name="a.xlsx", lang="en")
    assert response.status_code == 422
    assert response.json is not None
    assert response.json["report"]["errors"][0]["code"] == "file_not_workbook"
    assert response.json["detail"] == response.json["report"]["errors"][0]["message"]


def test_a_dry_run_is_answered_and_records_nothing(api: Api) -> None:
    response = api.send(sheet(row(1)), dry_run="true")
    assert (response.status_code, response.json and response.json["accepted"]) == (200, 1)
    refused = api.send(sheet(row(1), row(2, **BAD)), dry_run="true")
    assert (refused.status_code, refused.json and refused.json["rejected"]) == (200, 1)
    assert api.get("/api/imports")["items"] == []


def test_a_reply_lost_and_the_workbook_sent_again_is_one_import(api: Api, importer: Importer) -> None:
    first = api.send(sheet(row(1)), key="mot")
    again = api.send(sheet(row(1)), key="mot")
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(importer.office.events(ImportStarted)) == 1
    other = api.send(sheet(row(2)), key="mot")
    assert (other.status_code, other.json and other.json["code"]) == (422, "idempotency_key_reused")
    differently = api.send(sheet(row(1)), key="mot", skip_bad="true")
    assert differently.status_code == 422


def test_a_killed_import_is_completed_over_http(
    api: Api, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_ROWS", 2)
    content = sheet(row(1), row(2), row(3))
    half_done(importer, monkeypatch, content)
    other = api.send(sheet(row(4)), name="khac.csv")
    assert (other.status_code, other.json and other.json["code"]) == (409, "import_incomplete")
    response = api.send(content)
    assert (response.status_code, response.json and response.json["accepted"]) == (201, 3)


def test_only_the_chief_gives_up_what_is_half_imported(
    api: Api, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_ROWS", 2)
    half_done(importer, monkeypatch, sheet(row(1), row(2), row(3)))
    assert api.get("/api/imports")["items"][0]["status"] == "running"
    assert api.abandon(OFFICER).status_code == 403
    given_up = api.abandon(CHIEF, key="thoi")
    assert (given_up.status_code, given_up.json and given_up.json["accepted"]) == (200, 2)
    assert api.abandon(CHIEF, key="thoi").headers["Idempotent-Replayed"] == "true"
    assert api.get("/api/imports")["items"][0]["status"] == "abandoned"
    nothing = api.abandon(CHIEF)
    assert (nothing.status_code, nothing.json and nothing.json["code"]) == (409, "no_import_running")
    assert api.send(sheet(row(4))).status_code == 201


def test_an_office_sees_and_makes_its_own_imports_only(api: Api) -> None:
    location = api.send(sheet(row(1))).headers["Location"]
    assert api.get("/api/imports", by=FOREIGNER)["items"] == []
    assert api.client.get(location, headers=api.headers(FOREIGNER)).status_code == 404
    theirs = api.send(sheet(row(2)), by=FOREIGNER)
    assert theirs.json is not None
    assert theirs.json["report"]["errors"][0]["code"] == "not_our_commune"


def test_auditors_look_but_do_not_import(api: Api) -> None:
    assert api.send(sheet(row(1)), by=AUDITOR).status_code == 403
    api.send(sheet(row(1)))
    assert len(api.get("/api/imports", by=AUDITOR)["items"]) == 1


def test_imports_are_listed_in_pages_the_newest_first(api: Api) -> None:
    for number in range(3):
        api.send(sheet(row(number)), name=f"{number}.csv")
    first = api.get("/api/imports", limit=2)
    second = api.get("/api/imports", limit=2, cursor=first["next"])
    assert [it["workbook"] for page in (first, second) for it in page["items"]] == ["2.csv", "1.csv", "0.csv"]
    assert second["next"] is None


@pytest.mark.parametrize(
    "name", ["../a.csv", "a\\b.csv", "noending", "", ".csv", "a\n.csv", "x" * 200 + ".csv"]
)
def test_a_name_that_is_no_file_name_is_refused(api: Api, name: str) -> None:
    assert api.send(sheet(row(1)), name=name).status_code == 422


def test_an_import_needs_a_key_and_fits_one_mebibyte(api: Api) -> None:
    no_key = api.client.post("/api/imports?name=a.csv", data=sheet(row(1)), headers=api.headers(OFFICER))
    assert (no_key.status_code, no_key.json and no_key.json["code"]) == (400, "idempotency_key_missing")
    assert api.send(b"x" * (MAX_BODY + 1)).status_code == 413
