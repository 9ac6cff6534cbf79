"""Loans over HTTP: apply, look up, propose, approve or refuse; and read."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, jsonify

from services.bank.api.lists import person_of
from services.bank.api.shapes import LoanSchema, LoanSummarySchema, OwedSchema, show_loan, show_loan_row
from services.bank.application import loans
from services.bank.application.money import payable_until
from services.bank.commands import (
    ApproveLoanSchema,
    FileApplicationSchema,
    OwedQuerySchema,
    ProposeDecisionSchema,
    RecordLookupSchema,
    RefuseLoanSchema,
)
from services.bank.loan import Loan
from services.bank.loan_events import Borrower
from services.bank.rules import Asked, Lookup
from services.bank.views.loans import LOANS, loan_row
from shared.agreement.acting import CLERKS, READERS, Command, Role
from shared.agreement.errors import NotFound
from shared.hosting.definition import Service
from shared.log.application import Outcome, UnitOfWork
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.commands import command, command_response, resource_response
from shared.web.paging import PageSchema, keyset, page_asked, page_response


def blueprint(service: Service) -> ApiBlueprint:
    api = ApiBlueprint("bank_loans", __name__, url_prefix="/api/loans", description="Khoản vay")
    _reading(api, service)
    _applying(api, service)
    _deciding(api, service)
    return api


def answer(service: Service, outcome: Outcome, created: bool = False) -> Response:
    """The loan as the command left it."""
    loan = service.log.get(Loan, outcome.resource, outcome.version)
    location = f"/api/loans/{loan.id}" if created else None
    return command_response(
        show_loan(loan), outcome.version, location=location, created=created, replayed=outcome.replayed
    )


def _loan_here(service: Service, loan_id: UUID) -> Loan:
    loan = service.log.find(Loan, loan_id)
    if loan is None or loan.office != current_user().office:
        raise NotFound("loan", loan_id)
    return loan


def _reading(api: ApiBlueprint, service: Service) -> None:
    @api.get("")
    @require(*READERS)
    @api.doc(summary="Các khoản vay, hồ sơ mới nhất trước")
    @api.arguments(PageSchema, location="query")
    @api.response(200, LoanSummarySchema(many=True), description="In `items`; `next` is the cursor")
    def list_loans(_query: dict[str, Any]) -> Response:
        page = page_asked()
        office = current_user().office
        sql, given = keyset(LOANS, [office], page, sort="filed_on", id="loan_id", descending=True)
        with service.views.reading() as db:
            rows = [loan_row(row) for row in db.execute(sql, given)]
        return page_response(
            rows, page, key=lambda row: (row.filed_on.isoformat(), str(row.loan_id)), show=show_loan_row
        )

    @api.get("/<uuid:loan_id>")
    @require(*READERS)
    @api.doc(summary="Một khoản vay")
    @api.response(200, LoanSchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_loan(loan_id: UUID) -> Response:
        loan = _loan_here(service, loan_id)
        return resource_response(show_loan(loan), loan.version)

    @api.get("/<uuid:loan_id>/owed")
    @require(*READERS)
    @api.doc(summary="Gốc và lãi phải trả vào một ngày")
    @api.arguments(OwedQuerySchema, location="query")
    @api.response(200, OwedSchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_owed(query: dict[str, date], loan_id: UUID) -> Response:
        loan = _loan_here(service, loan_id)
        on = max(query.get("on", service.today()), loan.ledger.last_day or date.min)
        until = payable_until(loan, service.calendar)
        owed = {
            "on": on,
            "principal": loan.ledger.principal,
            "interest": loan.interest_owed(on, until),
            "payable_until": until if loan.terms else None,
            "overdue": loan.ledger.principal > 0 and on > until,
        }
        return jsonify(owed)


def _applying(api: ApiBlueprint, service: Service) -> None:
    @api.post("")
    @require(*CLERKS)
    @command()
    @api.doc(summary="Tiếp nhận giấy đề nghị vay vốn (01/TD)")
    @api.arguments(FileApplicationSchema)
    @api.response(201, LoanSchema)
    @api.alt_response(404, "NOT_FOUND")
    @api.alt_response(409, "CONFLICT")
    def file_application(body: dict[str, Any], command: Command) -> Response:
        entry_id: UUID = body["entry_id"]
        person_id = person_of(service, entry_id)
        borrower = Borrower(**body["borrower"])
        asked = Asked(body["purpose"], body["amount"], body["term_months"], body["study_months"])
        outcome = service.log.execute(
            command,
            lambda work: loans.file_application(work, command, person_id, entry_id, borrower, asked),
        )
        return answer(service, outcome, created=True)

    @api.post("/<uuid:loan_id>/lookup")
    @require(*CLERKS)
    @command()
    @api.doc(summary="Ghi kết quả tra cứu dư nợ cùng mục đích (Điều 3 khoản 3)")
    @api.arguments(RecordLookupSchema)
    @api.response(200, LoanSchema)
    @api.alt_response(409, "CONFLICT")
    def record_lookup(body: dict[str, Any], loan_id: UUID, command: Command) -> Response:
        lookup = Lookup(body["looked_up_on"], body["person"] == "found", body["borrower"] == "found")
        outcome = service.log.execute(
            command, lambda work: loans.record_lookup(work, command, loan_id, lookup)
        )
        return answer(service, outcome)

    @api.post("/<uuid:loan_id>/proposal")
    @require(*CLERKS)
    @command()
    @api.doc(summary="Đề xuất phê duyệt hoặc từ chối")
    @api.arguments(ProposeDecisionSchema)
    @api.response(200, LoanSchema)
    @api.alt_response(409, "CONFLICT")
    def propose(body: dict[str, Any], loan_id: UUID, command: Command) -> Response:
        def decide(work: UnitOfWork) -> Loan:
            if body["decision"] == "refuse":
                return loans.propose_refusal(work, command, loan_id, body["grounds"])
            return loans.propose_approval(work, command, loan_id, body["amount"], body["term_months"])

        return answer(service, service.log.execute(command, decide))


def _deciding(api: ApiBlueprint, service: Service) -> None:
    @api.post("/<uuid:loan_id>/approval")
    @require(Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Phê duyệt cho vay (04/TD)")
    @api.arguments(ApproveLoanSchema)
    @api.response(200, LoanSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def approve(body: dict[str, Any], loan_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command, lambda work: loans.approve_loan(work, command, loan_id, body["document_no"])
        )
        return answer(service, outcome)

    @api.post("/<uuid:loan_id>/refusal")
    @require(Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Từ chối cho vay, nêu nhóm điều khoản")
    @api.arguments(RefuseLoanSchema)
    @api.response(200, LoanSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def refuse(body: dict[str, Any], loan_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command, lambda work: loans.refuse_loan(work, command, loan_id, body["grounds"])
        )
        return answer(service, outcome)
