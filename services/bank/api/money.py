"""Money over HTTP: tranches, receipts, and receipts taken back."""

from typing import Any
from uuid import UUID

from flask import Response

from services.bank.api.loans import answer
from services.bank.api.shapes import LoanSchema
from services.bank.application import money
from services.bank.commands import (
    ConfirmTrancheSchema,
    PostReceiptSchema,
    PrepareTrancheSchema,
    ReverseReceiptSchema,
)
from shared.agreement.acting import CLERKS, Command, Role
from shared.hosting.definition import Service
from shared.web.api import ApiBlueprint
from shared.web.auth import require
from shared.web.commands import command


def blueprint(service: Service) -> ApiBlueprint:
    api = ApiBlueprint(
        "bank_money", __name__, url_prefix="/api/loans", description="Giải ngân, thu nợ, thu lãi"
    )
    _paying_out(api, service)
    _receiving(api, service)
    return api


def _paying_out(api: ApiBlueprint, service: Service) -> None:
    @api.post("/<uuid:loan_id>/disbursements")
    @require(*CLERKS)
    @command()
    @api.doc(summary="Lập đề nghị giải ngân một lần")
    @api.arguments(PrepareTrancheSchema)
    @api.response(200, LoanSchema)
    @api.alt_response(409, "CONFLICT")
    def prepare(body: dict[str, Any], loan_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command, lambda work: money.prepare_tranche(work, command, loan_id, body["amount"])
        )
        return answer(service, outcome)

    @api.post("/<uuid:loan_id>/disbursements/<int:tranche_no>/confirmation")
    @require(Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Xác nhận đã giải ngân")
    @api.arguments(ConfirmTrancheSchema)
    @api.response(200, LoanSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def confirm(body: dict[str, Any], loan_id: UUID, tranche_no: int, command: Command) -> Response:
        outcome = service.log.execute(
            command,
            lambda work: money.confirm_tranche(work, command, loan_id, tranche_no, body["disbursed_on"]),
        )
        return answer(service, outcome)


def _receiving(api: ApiBlueprint, service: Service) -> None:
    @api.post("/<uuid:loan_id>/receipts")
    @require(*CLERKS)
    @command()
    @api.doc(summary="Ghi phiếu thu gốc, lãi")
    @api.arguments(PostReceiptSchema)
    @api.response(200, LoanSchema)
    @api.alt_response(409, "CONFLICT")
    def receive(body: dict[str, Any], loan_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command, lambda work: money.post_receipt(work, command, service.calendar, loan_id, **body)
        )
        return answer(service, outcome)

    @api.post("/<uuid:loan_id>/receipts/<uuid:posting_id>/reversal")
    @require(Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Hủy một phiếu thu ghi nhầm")
    @api.arguments(ReverseReceiptSchema)
    @api.response(200, LoanSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def reverse(_body: dict[str, Any], loan_id: UUID, posting_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command, lambda work: money.reverse_receipt(work, command, loan_id, posting_id)
        )
        return answer(service, outcome)
