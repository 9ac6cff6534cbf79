"""The committee's API, as officers, leaders and auditors use it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import marshmallow as ma
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.commune.api.shapes import (
    ListSchema,
    ListSummarySchema,
    ResidentSchema,
    ResidentSummarySchema,
)
from services.commune.service import AGENCY
from shared.agreement.acting import Role
from shared.contracts.common import PARTICULARS
from shared.contracts.hashing import content_hash
from shared.hosting.definition import Service
from shared.web.app import create_app, mount
from tests.unit.commune_office import (
    OFFICE,
    OTHER_POLICE,
    Office,
    entries,
    entry_ended,
    list_overdue,
    list_sent,
    list_submitted,
    released,
    service_of,
)

LIST, PERSON = uuid4(), uuid4()
PASSWORD = "mật khẩu giả định 7"


class Client:
    """One signed-in user."""

    def __init__(self, http: FlaskClient, token: str | None) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.keys = count()

    def get(self, path: str) -> TestResponse:
        return self.http.get(path, headers=self.headers)

    def post(self, path: str, body: object, etag: str | None = None, key: str | None = None) -> TestResponse:
        headers = {**self.headers, "Idempotency-Key": key or f"{id(self)}-{next(self.keys)}"}
        if etag is not None:
            headers["If-Match"] = etag
        return self.http.post(path, json=body, headers=headers)


class Committee:
    def __init__(self, folder: Path) -> None:
        self.office = Office(folder)
        self.service: Service = service_of(self.office, folder)
        app = create_app(
            agency="commune",
            title="UBND",
            users=self.service.users,
            clock=self.service.clock,
            secret_loopback=True,
            machine_clock=lambda: self.office.now,
        )
        mount(app, api=AGENCY.blueprints(self.service))
        self.app = app
        self.binh = self.sign_in("binh", Role.OFFICER)
        self.lan = self.sign_in("lan", Role.LEADER)

    def sign_in(self, username: str, role: Role, office: str = OFFICE) -> Client:
        self.service.users.add(
            username, PASSWORD, name=f"{username} Giả Định", title="Chức danh", office=office, role=role
        )
        token = self.service.users.sign_in(username, PASSWORD, self.office.now)
        return Client(self.app.test_client(), token)


@pytest.fixture
def committee(tmp_path: Path) -> Iterator[Committee]:
    made = Committee(tmp_path)
    yield made
    made.service.users.close()


def fits(schema: ma.Schema, body: Any) -> bool:
    assert schema.validate(body) == {}
    return True


def test_a_list_is_checked_and_confirmed_over_http(committee: Committee) -> None:
    listed = entries(2)
    committee.office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    path = f"/api/lists/{LIST}"
    seen = committee.lan.get(path)
    assert seen.status_code == 200
    assert fits(ListSchema(), seen.get_json())
    assert [line["entry"] for line in seen.get_json()["lines"]] == listed
    assert seen.get_json()["decision_due_on"] == "2026-03-05"

    struck = committee.binh.post(
        f"{path}/entries/{listed[0]['entry_id']}/decision",
        {"decision": "struck", "reason": "not_resident", "note": "  Không có tại địa chỉ "},
    )
    assert struck.status_code == 200
    assert struck.get_json()["lines"][0]["check"] == {
        "decision": "struck",
        "reason": "not_resident",
        "note": "Không có tại địa chỉ",
        "by": "binh",
    }
    body = {"document_no": "12/XN-UBND", "document_on": "2026-03-03"}
    early = committee.lan.post(f"{path}/confirmation", body, struck.headers["ETag"])
    assert (early.status_code, early.get_json()["code"]) == (409, "entries_undecided")
    assert early.get_json()["rule"]

    committee.binh.post(f"{path}/entries/{listed[1]['entry_id']}/decision", {"decision": "confirmed"})
    stale = committee.lan.post(f"{path}/confirmation", body, struck.headers["ETag"])
    assert stale.status_code == 412
    done = committee.lan.post(f"{path}/confirmation", body, committee.lan.get(path).headers["ETag"])
    assert done.status_code == 200
    assert fits(ListSchema(), done.get_json())
    assert done.get_json()["stage"] == "confirmed"
    assert done.get_json()["holder"] == "police"
    assert done.get_json()["confirmed"]["content_hash"] == content_hash(listed[1:])

    committee.office.hear("ListSubmitted", list_submitted(LIST, listed[1:]))
    assert fits(ListSchema(), committee.lan.get(path).get_json())


def test_a_list_is_returned_over_http(committee: Committee) -> None:
    listed = entries(1)
    committee.office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    path = f"/api/lists/{LIST}"
    body = {
        "objections": [
            {"reason": "wrong_particulars", "entry_id": listed[0]["entry_id"]},
            {"reason": "entry_missing"},
        ]
    }
    answer = committee.lan.post(f"{path}/return", body, committee.lan.get(path).headers["ETag"])
    assert answer.status_code == 200
    assert fits(ListSchema(), answer.get_json())
    assert answer.get_json()["returned"]["objections"][1] == {"reason": "entry_missing", "entry_id": None}


def test_a_repeated_command_gets_the_answer_it_had(committee: Committee) -> None:
    listed = entries(2)
    committee.office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    path = f"/api/lists/{LIST}/entries/{listed[0]['entry_id']}/decision"
    first = committee.binh.post(path, {"decision": "confirmed"}, key="một-lần".encode().hex())
    committee.binh.post(path, {"decision": "struck", "reason": "no_wish"})
    again = committee.binh.post(path, {"decision": "confirmed"}, key="một-lần".encode().hex())
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = committee.binh.post(
        path, {"decision": "struck", "reason": "no_wish"}, key="một-lần".encode().hex()
    )
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"decision": "struck"}, "/reason", "reason_missing"),
        ({"decision": "confirmed", "reason": "no_wish"}, "/reason", "reason_unwanted"),
        ({"decision": "struck", "reason": "dislike"}, "/reason", "not_among"),
        ({"decision": "maybe"}, "/decision", "not_among"),
        ({"decision": "confirmed", "note": "  "}, "/note", "bad_length"),
        ({"decision": "confirmed", "why": "x"}, "/why", "unknown_field"),
        ({}, "/decision", "required"),
    ],
)
def test_a_wrong_decision_names_its_field(
    committee: Committee, body: object, pointer: str, code: str
) -> None:
    listed = entries(1)
    committee.office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    answer = committee.binh.post(f"/api/lists/{LIST}/entries/{listed[0]['entry_id']}/decision", body)
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.get_json()["errors"]] == [(pointer, code)]


def test_confirming_and_returning_need_the_version_that_was_looked_at(committee: Committee) -> None:
    committee.office.hear("ListSentForConfirmation", list_sent(LIST, []))
    body = {"document_no": "12/XN-UBND", "document_on": "2026-03-03"}
    assert committee.lan.post(f"/api/lists/{LIST}/confirmation", body).status_code == 428
    objections = {"objections": [{"reason": "wrong_month"}]}
    assert committee.lan.post(f"/api/lists/{LIST}/return", objections).status_code == 428


def test_each_role_does_only_its_own(committee: Committee) -> None:
    listed = entries(1)
    committee.office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    committee.office.hear("PersonReleased", released(PERSON))
    decision = f"/api/lists/{LIST}/entries/{listed[0]['entry_id']}/decision"
    signing = [
        (f"/api/lists/{LIST}/confirmation", {"document_no": "1", "document_on": "2026-03-03"}),
        (f"/api/lists/{LIST}/return", {"objections": [{"reason": "wrong_month"}]}),
    ]
    auditor = committee.sign_in("dao", Role.AUDITOR)
    administrator = committee.sign_in("quan", Role.ADMINISTRATOR)
    nobody = Client(committee.app.test_client(), None)
    for client in (committee.lan, auditor, administrator):
        assert client.post(decision, {"decision": "confirmed"}).status_code == 403
    for client in (committee.binh, auditor, administrator):
        for path, body in signing:
            assert client.post(path, body, '"1"').status_code == 403
        if client is not committee.binh:
            note = client.post(f"/api/residents/{PERSON}/note", {"note": "x"}, '"1"')
            assert note.status_code == 403
    for path in ("/api/lists", f"/api/lists/{LIST}", "/api/residents", f"/api/residents/{PERSON}"):
        assert auditor.get(path).status_code == 200
        assert administrator.get(path).status_code == 403
        assert nobody.get(path).status_code == 401


def test_another_committee_on_the_same_service_sees_nothing(committee: Committee) -> None:
    listed = entries(1)
    committee.office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    committee.office.hear("PersonReleased", released(PERSON))
    stranger = committee.sign_in("khach", Role.OFFICER, "ubnd-khac")
    chief = committee.sign_in("truong", Role.LEADER, "ubnd-khac")
    assert stranger.get("/api/lists").get_json() == {"items": [], "next": None}
    assert stranger.get("/api/residents").get_json() == {"items": [], "next": None}
    for path in (f"/api/lists/{LIST}", f"/api/residents/{PERSON}"):
        assert stranger.get(path).status_code == 404
    decision = f"/api/lists/{LIST}/entries/{listed[0]['entry_id']}/decision"
    assert stranger.post(decision, {"decision": "confirmed"}).status_code == 404
    body = {"document_no": "1", "document_on": "2026-03-03"}
    assert chief.post(f"/api/lists/{LIST}/confirmation", body, '"1"').status_code == 404
    assert chief.post(f"/api/residents/{PERSON}/note", {"note": "x"}, '"1"').status_code == 404


def test_lists_come_by_page_the_latest_month_first(committee: Committee) -> None:
    for month in ("2026-01", "2026-02", "2026-03"):
        committee.office.hear("ListSentForConfirmation", list_sent(uuid4(), entries(1)) | {"month": month})
    late = uuid4()
    committee.office.hear("ListOverdue", list_overdue(late) | {"month": "2026-04"})
    months, path = [], "/api/lists?limit=3"
    while path:
        answer = committee.binh.get(path)
        assert all(fits(ListSummarySchema(), item) for item in answer.get_json()["items"])
        months += [(item["month"], item["stage"], item["entries"]) for item in answer.get_json()["items"]]
        cursor = answer.get_json()["next"]
        path = f"/api/lists?limit=3&cursor={cursor}" if cursor else ""
    assert months == [
        ("2026-04", "awaited", 0),
        ("2026-03", "checking", 1),
        ("2026-02", "checking", 1),
        ("2026-01", "checking", 1),
    ]


def test_the_summary_counts_like_the_list(committee: Committee) -> None:
    listed = entries(3)
    office = committee.office
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    office.check(LIST, listed[0])
    office.check(LIST, listed[1], "no_wish")
    office.hear("ListEntryCorrected", {"list_id": str(LIST), "commune": "99901", "entry": listed[1]})
    office.hear("ListEntryWithdrawn", entry_ended(LIST, listed[2]))
    (row,) = committee.binh.get("/api/lists").get_json()["items"]
    whole = committee.binh.get(f"/api/lists/{LIST}").get_json()
    assert (row["entries"], row["undecided"]) == (2, 1)
    assert row == {name: whole[name] for name in row}


def test_residents_are_read_and_noted_over_http(committee: Committee) -> None:
    office = committee.office
    office.hear("PersonReleased", released(PERSON))
    arrived = uuid4()
    office.hear(
        "ResidenceTransferred",
        {
            "person_id": str(arrived),
            "commune": "99902",
            "to_commune": "99901",
            "transferred_on": "2026-03-02",
            "particulars": PARTICULARS | {"full_name": "An Giả Định"},
            "ground": "amnesty",
        },
        publisher=OTHER_POLICE,
    )
    gone = uuid4()
    office.hear("ReleaseRetracted", {"person_id": str(gone), "commune": "99901", "reason": "duplicate"})
    answer = committee.binh.get("/api/residents")
    assert all(fits(ResidentSummarySchema(), item) for item in answer.get_json()["items"])
    assert [(item["full_name"], item["presence"]) for item in answer.get_json()["items"]] == [
        (None, "retracted"),
        ("An Giả Định", "here"),
        ("Nguyễn Văn Giả Định", "here"),
    ]
    first = committee.binh.get("/api/residents?limit=1").get_json()
    rest = committee.binh.get(f"/api/residents?cursor={first['next']}").get_json()
    assert first["items"] + rest["items"] == answer.get_json()["items"]

    for person in (PERSON, arrived, gone):
        assert fits(ResidentSchema(), committee.binh.get(f"/api/residents/{person}").get_json())
    noted = committee.binh.post(f"/api/residents/{PERSON}/note", {"note": "Đã gặp"}, '"1"')
    assert (noted.status_code, noted.get_json()["note"]) == (200, "Đã gặp")
    late = committee.lan.post(f"/api/residents/{PERSON}/note", {"note": "Khác"}, '"1"')
    assert late.status_code == 412


def test_views_rebuilt_from_the_log_equal_the_live_ones(committee: Committee) -> None:
    listed = entries(3)
    office, views = committee.office, committee.service.views
    office.hear("PersonReleased", released(PERSON))
    views.catch_up()
    office.hear("ListOverdue", list_overdue(LIST))
    office.hear("ListSentForConfirmation", list_sent(LIST, listed))
    views.catch_up()
    office.check(LIST, listed[0], "no_wish")
    office.hear("ListEntryWithdrawn", entry_ended(LIST, listed[2]))
    office.hear("ReleaseCorrected", released(PERSON, particulars=PARTICULARS | {"hamlet": "Thôn Hai"}))
    office.later(seconds=timedelta(days=1).total_seconds())
    office.check(LIST, listed[1])
    office.confirm(LIST)
    live = views.dump()
    views.rebuild()
    assert views.dump() == live
    assert len(live["commune_list_entry"]) == 3


def test_the_api_is_documented(committee: Committee) -> None:
    document = committee.binh.get("/api/openapi.json").get_json()
    assert {
        "/api/lists",
        "/api/lists/{list_id}",
        "/api/lists/{list_id}/entries/{entry_id}/decision",
        "/api/lists/{list_id}/confirmation",
        "/api/lists/{list_id}/return",
        "/api/residents",
        "/api/residents/{person_id}",
        "/api/residents/{person_id}/note",
    } <= set(document["paths"])
