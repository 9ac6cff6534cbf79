"""The month's lists over HTTP: read, check entry by entry, confirm, return."""

from typing import Any
from uuid import UUID

from flask import Response

from services.commune.api.shapes import ListSchema, ListSummarySchema, show_list, show_row
from services.commune.application import list_check_id, lists
from services.commune.commands import ConfirmListSchema, DecideEntrySchema, ReturnListSchema
from services.commune.list_check import ListCheck
from services.commune.list_events import Objection
from services.commune.views.lists import lists_of
from shared.agreement.acting import READERS, Command, Role
from shared.hosting.definition import Service
from shared.log.application import Outcome
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.commands import command, command_response, resource_response
from shared.web.paging import PageSchema, page_asked, page_response


def blueprint(service: Service) -> ApiBlueprint:
    api = ApiBlueprint("lists", __name__, url_prefix="/api/lists", description="Danh sách tháng (Mẫu số 01)")
    _reading(api, service)
    _checking(api, service)
    _signing(api, service)
    return api


def _reading(api: ApiBlueprint, service: Service) -> None:
    @api.get("")
    @require(*READERS)
    @api.doc(summary="Các danh sách, tháng mới nhất trước")
    @api.arguments(PageSchema, location="query")
    @api.response(200, ListSummarySchema(many=True), description="In `items`; `next` is the cursor")
    def list_lists(_query: dict[str, Any]) -> Response:
        page = page_asked()
        with service.views.reading() as db:
            rows = lists_of(db, current_user().office, page)
        return page_response(
            rows,
            page,
            key=lambda row: (str(row.month), str(row.list_id)),
            show=lambda row: show_row(row, service.calendar),
        )

    @api.get("/<uuid:list_id>")
    @require(*READERS)
    @api.doc(summary="Một danh sách với từng người và quyết định")
    @api.response(200, ListSchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_list(list_id: UUID) -> Response:
        check = service.log.get(ListCheck, list_check_id(current_user().office, list_id))
        return resource_response(show_list(check, service.calendar), check.version)


def _checking(api: ApiBlueprint, service: Service) -> None:
    @api.post("/<uuid:list_id>/entries/<uuid:entry_id>/decision")
    @require(Role.OFFICER)
    @command()
    @api.doc(summary="Xác nhận hoặc gạch tên một người")
    @api.arguments(DecideEntrySchema)
    @api.response(200, ListSchema)
    @api.alt_response(409, "CONFLICT")
    def decide_entry(body: dict[str, Any], list_id: UUID, entry_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command,
            lambda work: lists.check_entry(work, command, list_id, entry_id, body["reason"], body["note"]),
        )
        return _answer(service, outcome)


def _signing(api: ApiBlueprint, service: Service) -> None:
    @api.post("/<uuid:list_id>/confirmation")
    @require(Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Chủ tịch hoặc Phó Chủ tịch ký xác nhận")
    @api.arguments(ConfirmListSchema)
    @api.response(200, ListSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def confirm_list(body: dict[str, Any], list_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command,
            lambda work: lists.confirm_list(work, command, list_id, body["document_no"], body["document_on"]),
        )
        return _answer(service, outcome)

    @api.post("/<uuid:list_id>/return")
    @require(Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Trả lại Công an xã, có lý do theo mã")
    @api.arguments(ReturnListSchema)
    @api.response(200, ListSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def return_list(body: dict[str, Any], list_id: UUID, command: Command) -> Response:
        objections = [Objection(**objection) for objection in body["objections"]]
        outcome = service.log.execute(
            command, lambda work: lists.return_list(work, command, list_id, objections, body["note"])
        )
        return _answer(service, outcome)


def _answer(service: Service, outcome: Outcome) -> Response:
    check = service.log.get(ListCheck, outcome.resource, outcome.version)
    return command_response(show_list(check, service.calendar), outcome.version, replayed=outcome.replayed)
