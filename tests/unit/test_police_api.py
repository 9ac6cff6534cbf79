"""The police over HTTP: a person from registration to the bank's list, and who may not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.police.api.list_shapes import ListSchema
from services.police.api.shapes import PersonSchema
from services.police.service import AGENCY
from shared.agreement.acting import Role, User
from shared.hosting.definition import Service
from shared.web.app import create_app, mount
from shared.web.identity import Users
from tests.unit.police_office import (
    AGREEMENT,
    CHIEF,
    COMMUNE,
    FOREIGNER,
    MARCH_LIST,
    OFFICER,
    OTHER_COMMUNE,
    POLICE,
    Office,
)

PASSWORD = "tháng ba mưa phùn"
AUDITOR = User("kiem", "Kiểm Giả Định", "Thanh tra", POLICE.code, Role.AUDITOR)

PERSON = {
    "full_name": "Nguyễn Văn Giả Định",
    "birth": "1985",
    "sex": "male",
    "identity_number": "999085000123",
    "hamlet": "Thôn Một",
    "commune": COMMUNE,
    "ground": "sentence_completed",
    "certificate_no": "0123/GCN",
    "certificate_issued_on": "2024-05-10",
    "completed_on": "2024-05-10",
    "resident_since": "2024-05-12",
    "conduct_good": True,
    "social_evils": False,
    "wants_loan": True,
    "purpose": "production",
    "amount": 50_000_000,
    "note": "ghi chú riêng",
}
NO_NEED = {"wants_loan": False, "purpose": None, "amount": None, "study_months": None}


class Api:
    """A client that signs in whom it is told to and sends each command with a key of its own."""

    def __init__(self, client: FlaskClient, tokens: dict[str, str]) -> None:
        self.client = client
        self.tokens = tokens

    def get(self, path: str, by: User = OFFICER, **query: Any) -> TestResponse:
        return self.client.get(path, query_string=query, headers=self._headers(by))

    def post(
        self,
        path: str,
        body: Any = None,
        by: User = OFFICER,
        etag: str | None = None,
        key: str | None = None,
    ) -> TestResponse:
        headers = self._headers(by) | {"Idempotency-Key": key or str(uuid4())}
        if etag is not None:
            headers["If-Match"] = etag
        return self.client.post(path, json={} if body is None else body, headers=headers)

    def _headers(self, by: User) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[by.username]}", "Accept-Language": "vi"}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def api(office: Office, tmp_path: Path) -> Iterator[Api]:
    users, now = Users(tmp_path / "users.sqlite", method="scrypt:1024:8:1"), datetime(2026, 3, 2, tzinfo=UTC)
    tokens = {}
    for user in (OFFICER, CHIEF, AUDITOR, FOREIGNER):
        users.add(
            user.username, PASSWORD, name=user.name, title=user.title, office=user.office, role=user.role
        )
        tokens[user.username] = users.sign_in(user.username, PASSWORD, now)
    service = Service(
        AGENCY, AGREEMENT, office.calendar, (POLICE,), office.log, office.views, users, office.log.clock
    )
    app = create_app(
        agency="police",
        title="Công an xã",
        users=users,
        clock=office.log.clock,
        machine_clock=lambda: now,
        secret_loopback=True,
    )
    mount(app, api=AGENCY.blueprints(service))
    yield Api(app.test_client(), tokens)
    users.close()


def registered(api: Api, **changed: Any) -> str:
    response = api.post("/api/persons", PERSON | changed)
    assert response.status_code == 201, response.text
    path: str = response.headers["Location"]
    return path


def test_a_registered_person_is_answered_whole_and_found_again(api: Api) -> None:
    path = registered(api)
    response = api.get(path)
    assert response.json is not None
    assert PersonSchema().validate(response.json) == {}
    assert response.json["particulars"]["birth"] == "1985"
    assert response.json["last_day_to_borrow"] == "2029-05-10"
    assert response.json["note"] == "ghi chú riêng"
    listed = api.get("/api/persons", name="Giả").json
    assert listed is not None
    assert [row["person_id"] for row in listed["items"]] == [path.rsplit("/", 1)[-1]]
    assert api.get("/api/persons", standing="transferred").json == {"items": [], "next": None}


def test_the_same_key_again_registers_nobody_and_answers_the_same(api: Api, office: Office) -> None:
    first = api.post("/api/persons", PERSON, key="mot-lan")
    head = office.log.head()
    again = api.post("/api/persons", PERSON, key="mot-lan")
    assert (again.status_code, again.json, again.headers["ETag"]) == (201, first.json, first.headers["ETag"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert office.log.head() == head


def test_the_same_person_under_another_key_is_refused(api: Api) -> None:
    registered(api)
    response = api.post("/api/persons", PERSON)
    assert response.status_code == 409
    assert response.json is not None and response.json["code"] == "already_registered"


def test_what_cannot_be_is_refused_field_by_field_on_the_services_day(api: Api) -> None:
    response = api.post("/api/persons", PERSON | {"resident_since": "2026-03-03", "amount": None})
    assert response.status_code == 422
    assert response.json is not None
    assert {(e["pointer"], e["code"]) for e in response.json["errors"]} == {
        ("/resident_since", "date_in_future"),
        ("/amount", "required_for_loan"),
    }


@pytest.mark.parametrize(
    ("path", "body", "field", "expected"),
    [
        ("residence", {"hamlet": "Thôn Hai", "resident_since": "2025-01-01"}, "resident_since", "2025-01-01"),
        ("need", {"wants_loan": False}, "need", NO_NEED),
        ("conduct", {"conduct_good": False, "social_evils": True}, "conduct", {"good": False, "social_evils": True}),
        ("note", {"note": "khác"}, "note", "khác"),
        ("note", {"note": None}, "note", None),
        ("transfer", {"to_commune": OTHER_COMMUNE, "transferred_on": "2026-03-01"}, "moved_to", OTHER_COMMUNE),
        ("retraction", {"reason": "duplicate"}, "standing", "retracted"),
    ],
)  # fmt: skip
def test_every_change_is_answered_with_the_case_as_it_is_then(
    api: Api, path: str, body: dict[str, Any], field: str, expected: Any
) -> None:
    person = registered(api)
    etag = api.get(person).headers["ETag"]
    response = api.post(f"{person}/{path}", body, etag=etag)
    assert response.status_code == 200, response.text
    assert response.json is not None and response.json[field] == expected
    assert response.headers["ETag"] != etag
    assert api.post(f"{person}/{path}", body, etag=etag).status_code == 412
    assert api.post(f"{person}/{path}", body).status_code == 428


def test_a_missing_number_is_filled_and_a_wrong_one_corrected(api: Api) -> None:
    person = registered(api, identity_number=None)
    etag = api.get(person).headers["ETag"]
    body = {"identity_number": "999085000124"}
    wrong = api.post(f"{person}/identity-number", {"identity_number": "12"}, etag=etag)
    assert wrong.json is not None and wrong.json["errors"][0]["code"] == "bad_identity_number"
    etag = api.post(f"{person}/identity-number", body, etag=etag).headers["ETag"]
    names = ("full_name", "birth", "sex", "hamlet", "ground", "certificate_no", "certificate_issued_on")
    right = {name: PERSON[name] for name in (*names, "completed_on", "resident_since")}
    response = api.post(f"{person}/correction", right | {"identity_number": "999085000125"}, etag=etag)
    assert response.json is not None
    assert response.json["particulars"]["identity_number"] == "999085000125"


def test_eligibility_is_explained_by_article_in_both_languages(api: Api) -> None:
    person = registered(api, amount=100_000_001)
    shown = api.get(f"{person}/eligibility").json
    assert shown is not None
    assert (shown["month"], shown["due_on"], shown["eligible"]) == ("2026-03", "2026-03-05", False)
    broken = [check for check in shown["checks"] if not check["passed"]]
    assert [check["rule"] for check in broken] == ["ceiling"]
    assert broken[0]["source"].startswith("Điều 6 khoản 2")
    assert broken[0]["vi"] and broken[0]["en"]
    later = api.get(f"{person}/eligibility", month="2029-06").json
    assert later is not None
    assert "five_years" in [check["rule"] for check in later["checks"] if not check["passed"]]
    assert api.get(f"{person}/eligibility", month="2029-13").status_code == 422


def test_a_list_goes_from_draft_to_bank_over_http(api: Api, office: Office) -> None:
    registered(api)
    registered(api, identity_number=None, birth="1970")
    opened = api.post("/api/lists", {"month": "2026-03"})
    assert opened.status_code == 201
    assert opened.headers["Location"] == f"/api/lists/{MARCH_LIST}"
    path, etag = opened.headers["Location"], opened.headers["ETag"]
    assert opened.json is not None and ListSchema().validate(opened.json) == {}
    assert [line["state"] for line in opened.json["lines"]] == ["drafted"]
    assert all(check["passed"] for check in opened.json["lines"][0]["checks"])
    assert [c["rule"] for c in opened.json["left_out"][0]["failed"]] == ["identity_number"]
    candidates = api.get(f"{path}/candidates").json
    assert candidates is not None
    assert sorted(c["eligible"] for c in candidates["items"]) == [False, True]

    drafted = api.post(f"{path}/draft", {"persons": None}, etag=etag)
    signed = api.post(f"{path}/sign", by=CHIEF, etag=drafted.headers["ETag"])
    assert signed.json is not None and (signed.json["status"], signed.json["holder"]) == ("sent", "commune")
    office.confirm()
    etag = api.get(path).headers["ETag"]
    body = {"document_no": "03/DS-CAX", "document_on": "2026-03-02"}
    submitted = api.post(f"{path}/submit", body, by=CHIEF, etag=etag)
    assert submitted.json is not None and ListSchema().validate(submitted.json) == {}
    assert submitted.json["submitted"]["content_hash"] == submitted.json["confirmed"]["content_hash"]
    entry_id = submitted.json["lines"][0]["entry"]["entry_id"]
    withdrawn = api.post(f"{path}/entries/{entry_id}/withdrawal", {"reason": "absent"})
    assert withdrawn.json is not None
    assert (withdrawn.json["lines"][0]["state"], withdrawn.json["lines"][0]["reason"]) == (
        "withdrawn",
        "absent",
    )
    months = api.get("/api/lists").json
    assert months is not None
    assert [(row["month"], row["status"]) for row in months["items"]] == [("2026-03", "submitted")]


def test_who_drafts_signs_and_reads_depends_on_the_role(api: Api) -> None:
    path = registered(api)
    assert api.post("/api/persons", PERSON, by=AUDITOR).status_code == 403
    assert api.get(path, by=AUDITOR).status_code == 200
    opened = api.post("/api/lists", {"month": "2026-03"}, by=CHIEF)
    etag = opened.headers["ETag"]
    refused = api.post(f"/api/lists/{MARCH_LIST}/sign", by=OFFICER, etag=etag)
    assert refused.json is not None and refused.json["code"] == "wrong_role"
    refused = api.post(f"/api/lists/{MARCH_LIST}/sign", by=CHIEF, etag=etag)
    assert refused.status_code == 403
    assert refused.json is not None and refused.json["code"] == "drafter_may_not_sign"
    assert refused.json["rule"]


def test_another_office_sees_nothing_of_ours(api: Api) -> None:
    path = registered(api)
    api.post("/api/lists", {"month": "2026-03"})
    for hidden in (
        path,
        f"{path}/eligibility",
        f"/api/lists/{MARCH_LIST}",
        f"/api/lists/{MARCH_LIST}/candidates",
    ):
        assert api.get(hidden, by=FOREIGNER).status_code == 404
    assert api.get("/api/persons", by=FOREIGNER).json == {"items": [], "next": None}
    assert api.get("/api/lists", by=FOREIGNER).json == {"items": [], "next": None}
    etag = api.get(path).headers["ETag"]
    assert api.post(f"{path}/note", {"note": "?"}, by=FOREIGNER, etag=etag).status_code == 404


def test_a_month_that_is_over_cannot_be_opened(api: Api, office: Office) -> None:
    office.at(date(2026, 3, 6))
    refused = api.post("/api/lists", {"month": "2026-03"})
    assert refused.status_code == 409
    assert refused.json is not None and refused.json["code"] == "month_not_open"


def test_people_come_in_pages(api: Api) -> None:
    for number in range(3):
        registered(api, identity_number=f"99908500020{number}", full_name=f"Người {'ABC'[number]}")
    first = api.get("/api/persons", limit=2).json
    assert first is not None and len(first["items"]) == 2
    rest = api.get("/api/persons", limit=2, cursor=first["next"]).json
    assert rest is not None
    assert [row["full_name"] for row in (*first["items"], *rest["items"])] == [
        "Người A",
        "Người B",
        "Người C",
    ]


def test_the_documented_api_names_every_resource_and_the_headers_of_its_commands(api: Api) -> None:
    described = api.get("/api/openapi.json").json
    assert described is not None
    person, month = "/api/persons/{person_id}", "/api/lists/{list_id}"
    changes = (
        "correction",
        "retraction",
        "residence",
        "identity-number",
        "need",
        "conduct",
        "note",
        "transfer",
    )
    commands = {"/api/persons", "/api/lists", *(f"{person}/{change}" for change in changes)}
    commands |= {f"{month}/{act}" for act in ("draft", "sign", "submit", "entries/{entry_id}/withdrawal")}
    paths = {
        path: methods
        for path, methods in described["paths"].items()
        if path.startswith(("/api/persons", "/api/lists"))
    }
    assert {path for path, methods in paths.items() if "post" in methods} == commands
    assert {path for path, methods in paths.items() if "get" in methods} == {
        "/api/persons",
        person,
        f"{person}/eligibility",
        "/api/lists",
        month,
        f"{month}/candidates",
    }
    for path in commands:
        headers = [p["name"] for p in paths[path]["post"]["parameters"] if p.get("in") == "header"]
        assert "Idempotency-Key" in headers, path
