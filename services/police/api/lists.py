"""The month's lists over HTTP: opened, drafted, signed, handed to the bank."""

from typing import Any
from uuid import UUID

import marshmallow as ma
from flask import Response

from services.police.api.list_shapes import ListSchema, ListSummarySchema, show_list, show_list_row
from services.police.api.schemas import (
    DraftListSchema,
    OpenListSchema,
    SignListSchema,
    SubmitListSchema,
    WithdrawEntrySchema,
)
from services.police.api.shapes import CandidateSchema, show_candidate
from services.police.application import lists
from services.police.application.persons import case_key
from services.police.borrower_list import BorrowerList, Status
from services.police.list_events import Document
from services.police.person import ReleasedPerson
from services.police.views.lists import lists_of
from services.police.views.persons import wishing, wishing_of
from shared.agreement.acting import CLERKS, READERS, Command, Role
from shared.agreement.calendar import Month
from shared.agreement.errors import NotFound
from shared.hosting.definition import Service
from shared.log.application import Outcome, UnitOfWork
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.commands import command, command_response, resource_response
from shared.web.paging import PageSchema, page_asked, page_response

Body = dict[str, Any]


class ListsQuerySchema(PageSchema):
    status = ma.fields.String(validate=ma.validate.OneOf([status.value for status in Status]))


def blueprint(service: Service) -> ApiBlueprint:
    api = ApiBlueprint("lists", __name__, url_prefix="/api/lists", description="Danh sách tháng (Mẫu số 01)")
    _reading(api, service)
    _drafting(api, service)
    _signing(api, service)
    return api


def _reading(api: ApiBlueprint, service: Service) -> None:
    @api.get("")
    @require(*READERS)
    @api.doc(summary="Các danh sách, tháng mới nhất trước")
    @api.arguments(ListsQuerySchema, location="query")
    @api.response(200, ListSummarySchema(many=True), description="In `items`; `next` is the cursor")
    def list_lists(query: Body) -> Response:
        page = page_asked()
        with service.views.reading() as db:
            rows = lists_of(db, current_user().office, page, query.get("status"))
        return page_response(rows, page, key=lambda row: (row["month"], row["list_id"]), show=show_list_row)

    @api.get("/<uuid:list_id>")
    @require(*READERS)
    @api.doc(summary="Một danh sách: từng người, điều kiện, quyết định, đang ở đâu")
    @api.response(200, ListSchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_list(list_id: UUID) -> Response:
        held = _held(service, list_id)
        return resource_response(show_list(held), held.version)

    @api.get("/<uuid:list_id>/candidates")
    @require(*READERS)
    @api.doc(summary="Những người muốn vay: ai đủ điều kiện hôm nay, ai không và vì sao")
    @api.arguments(PageSchema, location="query")
    @api.response(200, CandidateSchema(many=True), description="In `items`; `next` is the cursor")
    @api.alt_response(404, "NOT_FOUND")
    def list_candidates(_query: Body, list_id: UUID) -> Response:
        page, held, today = page_asked(), _held(service, list_id), service.today()
        with service.views.reading() as db:
            rows = wishing_of(db, held.office, page)

        def show(row: Any) -> Body:
            person = service.log.get(ReleasedPerson, case_key(held.office, UUID(row["person_id"])))
            return show_candidate(person, lists.checks_of(person, today, held.due_on, held.id))

        return page_response(rows, page, key=lambda row: (row["full_name"], row["person_id"]), show=show)


def _drafting(api: ApiBlueprint, service: Service) -> None:
    def draft(work: UnitOfWork, command: Command, list_id: UUID, body: Body) -> BorrowerList:
        with service.views.reading() as db:
            everybody = wishing(db, command.user.office)
        return lists.draft_list(work, command, list_id, everybody, body["persons"])

    @api.post("")
    @require(*CLERKS)
    @command()
    @api.doc(summary="Mở danh sách của tháng (nếu chưa mở) và lập dự thảo")
    @api.arguments(OpenListSchema)
    @api.response(201, ListSchema)
    @api.alt_response(409, "CONFLICT")
    def open_list(body: Body, command: Command) -> Response:
        office, month = service.office(command.user.office), Month.parse(body["month"])

        def open_and_draft(work: UnitOfWork) -> BorrowerList:
            held = lists.open_list(work, service.calendar, office, month)
            return draft(work, command, held.id, body)

        return _answer(service, service.log.execute(command, open_and_draft), created=True)

    @api.post("/<uuid:list_id>/draft")
    @require(*CLERKS)
    @command(if_match=True)
    @api.doc(summary="Lập, hoặc lập lại, dự thảo")
    @api.arguments(DraftListSchema)
    @api.response(200, ListSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def draft_list(body: Body, list_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(command, lambda work: draft(work, command, list_id, body))
        return _answer(service, outcome)

    @api.post("/<uuid:list_id>/entries/<uuid:entry_id>/withdrawal")
    @require(*CLERKS)
    @command()
    @api.doc(summary="Rút một người; lý do không gửi đi đâu")
    @api.arguments(WithdrawEntrySchema)
    @api.response(200, ListSchema)
    @api.alt_response(409, "CONFLICT")
    def withdraw_entry(body: Body, list_id: UUID, entry_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command, lambda work: lists.withdraw_from_list(work, command, list_id, entry_id, body["reason"])
        )
        return _answer(service, outcome)


def _signing(api: ApiBlueprint, service: Service) -> None:
    @api.post("/<uuid:list_id>/sign")
    @require(Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Lãnh đạo ký, gửi UBND xã xác nhận")
    @api.arguments(SignListSchema)
    @api.response(200, ListSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def sign_list(_body: Body, list_id: UUID, command: Command) -> Response:
        return _answer(
            service, service.log.execute(command, lambda work: lists.sign_list(work, command, list_id))
        )

    @api.post("/<uuid:list_id>/submit")
    @require(Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Chuyển danh sách đã xác nhận cho ngân hàng")
    @api.arguments(SubmitListSchema)
    @api.response(200, ListSchema)
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def submit_list(body: Body, list_id: UUID, command: Command) -> Response:
        document = Document(body["document_no"], body["document_on"])
        outcome = service.log.execute(
            command, lambda work: lists.submit_list(work, command, list_id, document)
        )
        return _answer(service, outcome)


def _held(service: Service, list_id: UUID) -> BorrowerList:
    held = service.log.find(BorrowerList, list_id)
    if held is None or held.office != current_user().office:
        raise NotFound("list", list_id)
    return held


def _answer(service: Service, outcome: Outcome, *, created: bool = False) -> Response:
    held = service.log.get(BorrowerList, outcome.resource, outcome.version)
    location = f"/api/lists/{held.id}" if created else None
    return command_response(
        show_list(held), outcome.version, created=created, location=location, replayed=outcome.replayed
    )
