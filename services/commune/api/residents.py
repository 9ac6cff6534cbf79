"""The people of the commune over HTTP: read, and note."""

from typing import Any
from uuid import UUID

from flask import Response

from services.commune.api.shapes import (
    ResidentSchema,
    ResidentSummarySchema,
    show_resident,
    show_resident_row,
)
from services.commune.application import resident_id, residents
from services.commune.commands import NoteSchema
from services.commune.resident import Resident
from services.commune.views.residents import residents_of
from shared.agreement.acting import READERS, Command, Role
from shared.hosting.definition import Service
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.commands import command, command_response, resource_response
from shared.web.paging import PageSchema, page_asked, page_response


def blueprint(service: Service) -> ApiBlueprint:
    api = ApiBlueprint(
        "residents",
        __name__,
        url_prefix="/api/residents",
        description="Người chấp hành xong án phạt tù về cư trú",
    )

    @api.get("")
    @require(*READERS)
    @api.doc(summary="Những người đã được báo, theo tên")
    @api.arguments(PageSchema, location="query")
    @api.response(200, ResidentSummarySchema(many=True), description="In `items`; `next` is the cursor")
    def list_residents(_query: dict[str, Any]) -> Response:
        page = page_asked()
        with service.views.reading() as db:
            rows = residents_of(db, current_user().office, page)
        return page_response(
            rows, page, key=lambda row: (row.full_name or "", str(row.person_id)), show=show_resident_row
        )

    @api.get("/<uuid:person_id>")
    @require(*READERS)
    @api.doc(summary="Một người")
    @api.response(200, ResidentSchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_resident(person_id: UUID) -> Response:
        resident = service.log.get(Resident, resident_id(current_user().office, person_id))
        return resource_response(show_resident(resident), resident.version)

    @api.post("/<uuid:person_id>/note")
    @require(Role.OFFICER, Role.LEADER)
    @command(if_match=True)
    @api.doc(summary="Ghi chú riêng của UBND xã; không gửi đi đâu")
    @api.arguments(NoteSchema)
    @api.response(200, ResidentSchema)
    @api.alt_response(404, "NOT_FOUND")
    @api.alt_response(412, "PRECONDITION_FAILED")
    def note_resident(body: dict[str, Any], person_id: UUID, command: Command) -> Response:
        outcome = service.log.execute(
            command, lambda work: residents.note_resident(work, command, person_id, body["note"])
        )
        noted = service.log.get(Resident, outcome.resource, outcome.version)
        return command_response(show_resident(noted), outcome.version, replayed=outcome.replayed)

    return api
