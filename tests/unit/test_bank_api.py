"""The transaction office's API, as officers, leaders and auditors use it."""

from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import marshmallow as ma
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.bank.api.shapes import (
    EntrySchema,
    ListSchema,
    ListSummarySchema,
    LoanSchema,
    LoanSummarySchema,
    OwedSchema,
)
from services.bank.service import AGENCY
from shared.agreement.acting import Role
from shared.contracts.base import Data
from shared.web.app import create_app, mount
from tests.unit.bank_office import OFFICE, Office, listed, service_of, submitted, training

LIST = uuid4()
PASSWORD = "mật khẩu giả định 7"
BORROWER = {"name": "Trần Thị Giả Định", "identity_number": "999188000321", "relation": "spouse"}


class Client:
    """One signed-in user."""

    def __init__(self, http: FlaskClient, token: str | None) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.keys = count()

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.http.get(path, headers=self.headers | headers)

    def post(
        self, path: str, body: object = None, *, etag: str | None = None, key: str | None = None
    ) -> TestResponse:
        headers = {**self.headers, "Idempotency-Key": key or f"{id(self)}-{next(self.keys)}"}
        if etag is not None:
            headers["If-Match"] = etag
        return self.http.post(path, json={} if body is None else body, headers=headers)

    def sign(self, loan: str, what: str, body: object = None) -> TestResponse:
        """Post on the version that this user sees now."""
        return self.post(f"{loan}/{what}", body, etag=self.get(loan).headers["ETag"])


class Bank:
    def __init__(self, folder: Path) -> None:
        self.office = Office(folder)
        self.service = service_of(self.office, folder)
        self.app = create_app(
            agency="bank",
            title="PGD",
            users=self.service.users,
            clock=self.service.clock,
            secret_loopback=True,
            machine_clock=lambda: self.office.now,
        )
        mount(self.app, api=AGENCY.blueprints(self.service))
        self.mai = self.sign_in("mai", Role.OFFICER)
        self.hung = self.sign_in("hung", Role.LEADER)

    def sign_in(self, username: str, role: Role, office: str = OFFICE) -> Client:
        self.service.users.add(
            username, PASSWORD, name=f"{username} Giả Định", title="Chức danh", office=office, role=role
        )
        return self.client(username)

    def client(self, username: str) -> Client:
        """Signed in again, as after a day."""
        return Client(self.app.test_client(), self.service.users.sign_in(username, PASSWORD, self.office.now))

    def day(self, day: date) -> None:
        self.office.today = day
        self.mai, self.hung = self.client("mai"), self.client("hung")

    def applied(self, entry: Data, **changed: Any) -> str:
        """A filed application; returns its path."""
        self.office.open_list(entry)
        answer = self.mai.post("/api/loans", application(entry, **changed))
        assert answer.status_code == 201, answer.get_json()
        return answer.headers["Location"]

    def approved(self, entry: Data, **changed: Any) -> str:
        loan = self.applied(entry, **changed)
        none = {"looked_up_on": self.office.today.isoformat(), "person": "none", "borrower": "none"}
        assert self.mai.post(f"{loan}/lookup", none).status_code == 200
        assert self.mai.post(f"{loan}/proposal", {"decision": "approve"}).status_code == 200
        assert self.hung.sign(loan, "approval", {"document_no": "07/TB-PGD"}).status_code == 200
        return loan

    def disbursed(self, entry: Data, **changed: Any) -> str:
        loan = self.approved(entry, **changed)
        self.mai.post(f"{loan}/disbursements", {"amount": entry["amount"]})
        today = {"disbursed_on": self.office.today.isoformat()}
        assert self.hung.sign(loan, "disbursements/1/confirmation", today).status_code == 200
        return loan


def application(entry: Data, **changed: Any) -> Data:
    return {
        "entry_id": entry["entry_id"],
        "borrower": BORROWER,
        "purpose": entry["purpose"],
        "amount": entry["amount"],
        "term_months": 12,
        "study_months": entry["study_months"],
        **changed,
    }


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    made = Bank(tmp_path)
    yield made
    made.service.users.close()


def fits(schema: ma.Schema, body: Any) -> bool:
    assert schema.validate(body) == {}
    return True


def test_a_loan_lives_from_application_to_settlement_over_http(bank: Bank) -> None:
    entry = listed(amount=100_000_000)
    loan = bank.approved(entry, term_months=6)
    shown = bank.mai.post(f"{loan}/disbursements", {"amount": 100_000_000})
    assert fits(LoanSchema(), shown.get_json())
    assert shown.get_json()["tranche"] == {"tranche_no": 1, "amount": 100_000_000, "prepared_by": "mai"}
    paid = bank.hung.sign(loan, "disbursements/1/confirmation", {"disbursed_on": "2026-03-06"})
    assert fits(LoanSchema(), paid.get_json())
    assert (paid.get_json()["state"], paid.get_json()["due_on"]) == ("active", "2026-09-06")
    assert paid.get_json()["terms"]["annual_rate"] == "0.066"

    bank.day(date(2026, 4, 5))
    owed = bank.mai.get(f"{loan}/owed").get_json()
    assert fits(OwedSchema(), owed)
    assert owed == {
        "on": "2026-04-05",
        "principal": 100_000_000,
        "interest": 542_466,
        "payable_until": "2026-09-07",
        "overdue": False,
    }
    late = bank.mai.get(f"{loan}/owed?on=2026-10-07").get_json()
    assert (late["interest"], late["overdue"]) == (4_050_411, True)
    receipt = {"principal": 100_000_000, "interest": 542_466, "receipt_no": "PT-01", "paid_on": "2026-04-05"}
    settled = bank.mai.post(f"{loan}/receipts", receipt)
    assert fits(LoanSchema(), settled.get_json())
    assert (settled.get_json()["state"], settled.get_json()["principal"]) == ("settled", 0)

    posting_id = settled.get_json()["receipts"][0]["posting_id"]
    back = bank.hung.sign(loan, f"receipts/{posting_id}/reversal")
    assert (back.get_json()["state"], back.get_json()["principal"]) == ("active", 100_000_000)
    assert back.get_json()["receipts"] == []


def test_a_refusal_names_the_article_and_the_figures(bank: Bank) -> None:
    entry = listed(completed_on="2021-03-08")
    loan = bank.applied(entry)
    bank.mai.post(f"{loan}/lookup", {"looked_up_on": "2026-03-06", "person": "none", "borrower": "none"})
    bank.mai.post(f"{loan}/proposal", {"decision": "approve"})
    bank.day(date(2026, 3, 9))
    refused = bank.hung.sign(loan, "approval", {"document_no": "07/TB-PGD"})
    assert refused.status_code == 409
    problem = refused.get_json()
    assert problem["code"] == "outside_five_years"
    assert problem["rule"] == "Điều 3 khoản 2 điểm a Quyết định 22/2023/QĐ-TTg"
    assert problem["facts"] == {"completed_on": "2021-03-08", "last_day": "2026-03-08", "day": "2026-03-09"}
    answer = bank.hung.sign(loan, "refusal", {"grounds": "art_3_conditions"})
    assert fits(LoanSchema(), answer.get_json())
    assert answer.get_json()["state"] == "refused"
    failed = [check["rule"] for check in answer.get_json()["refusal"]["checks"] if not check["passed"]]
    assert failed == ["five_years"]


def test_a_refusal_may_be_proposed_over_http(bank: Bank) -> None:
    loan = bank.applied(listed())
    bank.mai.post(f"{loan}/lookup", {"looked_up_on": "2026-03-06", "person": "found", "borrower": "none"})
    refused = bank.mai.post(f"{loan}/proposal", {"decision": "approve"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "same_purpose_debt")
    proposed = bank.mai.post(f"{loan}/proposal", {"decision": "refuse", "grounds": "art_3_3_same_purpose"})
    assert fits(LoanSchema(), proposed.get_json())
    assert proposed.get_json()["proposed"] == "refuse"


def test_lists_are_read_with_their_entries(bank: Bank) -> None:
    entries = [listed(), training()]
    bank.office.open_list(*entries, list_id=LIST)
    bank.office.hear("ListSubmitted", submitted(uuid4(), [], month="2026-02"))
    body = bank.mai.get("/api/lists?limit=1")
    assert fits(ListSummarySchema(), body.get_json()["items"][0])
    assert body.get_json()["items"][0]["list_id"] == str(LIST)
    following = bank.mai.get(body.headers["Link"].split(">")[0].lstrip("<")).get_json()
    assert (following["items"][0]["state"], following["next"]) == ("waiting_for_commune", None)

    shown = bank.mai.get(f"/api/lists/{LIST}").get_json()
    assert fits(ListSchema(), shown)
    assert [line["entry_id"] for line in shown["lines"]] == [entry["entry_id"] for entry in entries]
    assert shown["lines"][0]["last_day_to_borrow"] == "2029-05-10"
    assert "salt" not in shown["lines"][0]["entry"]


def test_an_entry_is_rejected_over_http(bank: Bank) -> None:
    entry = listed()
    bank.office.open_list(entry, list_id=LIST)
    path = f"/api/entries/{entry['entry_id']}/rejection"
    wrong = bank.mai.post(path, {"reason": "outside_five_years"})
    assert (wrong.status_code, wrong.get_json()["code"]) == (409, "reason_does_not_hold")
    done = bank.mai.post(path, {"reason": "not_found"}, key="một".encode().hex())
    assert fits(EntrySchema(), done.get_json())
    assert done.get_json()["state"] == "rejected"
    again = bank.mai.post(path, {"reason": "not_found"}, key="một".encode().hex())
    assert again.get_json() == done.get_json()
    assert bank.mai.get(f"/api/lists/{LIST}").get_json()["lines"][0]["rejected"] == "not_found"
    assert bank.mai.post(f"/api/entries/{uuid4()}/rejection", {"reason": "not_found"}).status_code == 404


def test_loans_are_listed_page_by_page(bank: Bank) -> None:
    paths = {bank.applied(listed()) for _ in range(3)}
    found: set[str] = set()
    path = "/api/loans?limit=2"
    for _ in range(2):
        answer = bank.mai.get(path)
        for item in answer.get_json()["items"]:
            assert fits(LoanSummarySchema(), item)
            found.add(f"/api/loans/{item['loan_id']}")
        path = answer.headers.get("Link", "<").split(">")[0].lstrip("<")
    assert found == paths
    assert path == ""


def test_a_repeated_command_gets_the_answer_it_had(bank: Bank) -> None:
    loan = bank.disbursed(listed())
    receipt = {"principal": 1_000_000, "interest": 0, "receipt_no": "PT-01", "paid_on": "2026-03-06"}
    first = bank.mai.post(f"{loan}/receipts", receipt, key="thu-1")
    bank.mai.post(f"{loan}/receipts", receipt | {"receipt_no": "PT-02"})
    again = bank.mai.post(f"{loan}/receipts", receipt, key="thu-1")
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(bank.mai.get(loan).get_json()["receipts"]) == 2
    assert bank.mai.post(f"{loan}/receipts", receipt | {"principal": 2}, key="thu-1").status_code == 422


def test_a_leader_signs_the_version_he_looked_at(bank: Bank) -> None:
    loan = bank.approved(listed())
    bank.mai.post(f"{loan}/disbursements", {"amount": 1_000_000})
    seen = bank.hung.get(loan).headers["ETag"]
    bank.mai.post(f"{loan}/disbursements", {"amount": 50_000_000})
    body = {"disbursed_on": "2026-03-06"}
    confirmation = f"{loan}/disbursements/1/confirmation"
    assert bank.hung.post(confirmation, body).status_code == 428
    assert bank.hung.post(confirmation, body, etag=seen).status_code == 412
    assert bank.hung.sign(loan, "disbursements/1/confirmation", body).status_code == 200
    unchanged = bank.hung.get(loan, **{"If-None-Match": bank.hung.get(loan).headers["ETag"]})
    assert unchanged.status_code == 304


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"amount": 0}, "/amount", "out_of_range"),
        ({"amount": -1}, "/amount", "out_of_range"),
        ({"amount": 1.5}, "/amount", "not_an_integer"),
        ({"amount": "50.000.000"}, "/amount", "not_an_integer"),
        ({"amount": 10**14}, "/amount", "out_of_range"),
        ({"term_months": 0}, "/term_months", "out_of_range"),
        ({"purpose": "house"}, "/purpose", "not_among"),
        ({"study_months": 9}, "/study_months", "study_months_misplaced"),
        ({"purpose": "training"}, "/study_months", "study_months_misplaced"),
        ({"borrower": {**BORROWER, "identity_number": "123"}}, "/borrower/identity_number", "bad_pattern"),
        ({"borrower": {**BORROWER, "relation": "friend"}}, "/borrower/relation", "not_among"),
        ({"entry_id": "x"}, "/entry_id", "not_a_uuid"),
        ({"why": "x"}, "/why", "unknown_field"),
    ],
)
def test_a_wrong_application_is_refused_field_by_field(
    bank: Bank, changed: Data, pointer: str, code: str
) -> None:
    entry = listed()
    bank.office.open_list(entry)
    answer = bank.mai.post("/api/loans", application(entry, **changed))
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.get_json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("what", "body", "pointer"),
    [
        ("proposal", {"decision": "refuse"}, "/grounds"),
        ("proposal", {"decision": "approve", "grounds": "capital"}, "/grounds"),
        ("proposal", {"decision": "refuse", "grounds": "capital", "amount": 1}, "/amount"),
        ("lookup", {"looked_up_on": "31/02/2026", "person": "none", "borrower": "none"}, "/looked_up_on"),
        ("lookup", {"looked_up_on": "2026-03-06", "person": True, "borrower": "none"}, "/person"),
        (
            "receipts",
            {"principal": -1, "interest": 0, "receipt_no": "1", "paid_on": "2026-03-06"},
            "/principal",
        ),
        (
            "receipts",
            {"principal": 1, "interest": 0, "receipt_no": "", "paid_on": "2026-03-06"},
            "/receipt_no",
        ),
        ("disbursements", {"amount": 0}, "/amount"),
    ],
)
def test_a_wrong_command_on_a_loan_names_its_field(bank: Bank, what: str, body: Data, pointer: str) -> None:
    loan = bank.applied(listed())
    answer = bank.mai.post(f"{loan}/{what}", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_signing_is_for_leaders_and_auditors_only_look(bank: Bank) -> None:
    loan = bank.applied(listed())
    auditor = bank.sign_in("tra", Role.AUDITOR)
    administrator = bank.sign_in("quan", Role.ADMINISTRATOR)
    nobody = Client(bank.app.test_client(), None)
    for what in (
        "approval",
        "refusal",
        "disbursements/1/confirmation",
        f"receipts/{uuid4()}/reversal",
    ):
        assert bank.mai.sign(loan, what).status_code == 403
    for what in ("lookup", "proposal", "disbursements", "receipts"):
        assert auditor.post(f"{loan}/{what}").status_code == 403
        assert administrator.post(f"{loan}/{what}").status_code == 403
    assert auditor.post("/api/loans").status_code == 403
    assert auditor.post(f"/api/entries/{uuid4()}/rejection").status_code == 403
    for path in ("/api/lists", f"/api/lists/{LIST}", "/api/loans", loan, f"{loan}/owed"):
        assert nobody.get(path).status_code == 401
        assert administrator.get(path).status_code == 403
        assert auditor.get(path).status_code in (200, 404)


def test_another_office_finds_nothing(bank: Bank) -> None:
    entry = listed()
    loan = bank.applied(entry)
    bank.office.open_list(listed(), list_id=LIST)
    foreign = bank.sign_in("xa", Role.LEADER, "pgd-khac")
    assert foreign.get("/api/lists").get_json()["items"] == []
    assert foreign.get("/api/loans").get_json()["items"] == []
    for path in (loan, f"{loan}/owed", f"/api/lists/{LIST}"):
        assert foreign.get(path).status_code == 404
    assert foreign.post("/api/loans", application(entry)).status_code == 404
    for what, body in (
        ("approval", {"document_no": "1"}),
        ("refusal", {"grounds": "capital"}),
        ("disbursements/1/confirmation", {"disbursed_on": "2026-03-06"}),
        (f"receipts/{uuid4()}/reversal", {}),
    ):
        assert foreign.post(f"{loan}/{what}", body, etag='"1"').status_code == 404


def test_a_parked_case_says_so(bank: Bank) -> None:
    entry = listed()
    loan = bank.disbursed(entry)
    bank.office.park(entry)
    receipt = {"principal": 1, "interest": 0, "receipt_no": "PT-01", "paid_on": "2026-03-06"}
    answer = bank.mai.post(f"{loan}/receipts", receipt)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "case_parked")


def test_every_command_is_documented(bank: Bank) -> None:
    paths = bank.mai.get("/api/openapi.json").get_json()["paths"]
    commands = [path for path, item in paths.items() if path.startswith("/api/loans") and "post" in item]
    assert len(commands) == 9
    assert all(paths[path]["post"]["summary"] for path in commands)
