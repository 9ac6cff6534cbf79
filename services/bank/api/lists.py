"""Lists and their entries over HTTP: read, and reject an entry."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from services.bank.api.shapes import (
    EntrySchema,
    ListSchema,
    ListSummarySchema,
    show_list,
    show_list_row,
    show_rejected,
)
from services.bank.application.lists import reject_entry
from services.bank.commands import RejectEntrySchema
from services.bank.listed_person import ListedPerson
from services.bank.views.lists import LISTS, entries_of, find_entry, find_list, list_row
from shared.agreement.acting import CLERKS, READERS, Command
from shared.agreement.errors import NotFound
from shared.hosting.definition import Service
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.commands import command, command_response
from shared.web.paging import PageSchema, keyset, page_asked, page_response


def lists_api(service: Service) -> ApiBlueprint:
    api = ApiBlueprint(
        "bank_lists", __name__, url_prefix="/api/lists", description="Danh sách tháng (Mẫu số 01)"
    )

    @api.get("")
    @require(*READERS)
    @api.doc(summary="Các danh sách, tháng mới nhất trước")
    @api.arguments(PageSchema, location="query")
    @api.response(200, ListSummarySchema(many=True), description="In `items`; `next` is the cursor")
    def list_lists(_query: dict[str, Any]) -> Response:
        page = page_asked()
        sql, given = keyset(LISTS, [current_user().office], page, sort="month", id="list_id", descending=True)
        with service.views.reading() as db:
            rows = [list_row(row) for row in db.execute(sql, given)]
        return page_response(rows, page, key=lambda row: (row.month, str(row.list_id)), show=show_list_row)

    @api.get("/<uuid:list_id>")
    @require(*READERS)
    @api.doc(summary="Một danh sách với từng người")
    @api.response(200, ListSchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_list(list_id: UUID) -> Response:
        # No ETag: what became of the entries changes without the list.
        with service.views.reading() as db:
            row = find_list(db, current_user().office, list_id)
            entries = entries_of(db, current_user().office, list_id)
        if row is None:
            raise NotFound("list", list_id)
        return jsonify(show_list(row, entries))

    return api


def entries_api(service: Service) -> ApiBlueprint:
    api = ApiBlueprint(
        "bank_entries", __name__, url_prefix="/api/entries", description="Từng người trong danh sách"
    )

    @api.post("/<uuid:entry_id>/rejection")
    @require(*CLERKS)
    @command()
    @api.doc(summary="Không tiếp nhận một người trong danh sách")
    @api.arguments(RejectEntrySchema)
    @api.response(200, EntrySchema)
    @api.alt_response(404, "NOT_FOUND")
    @api.alt_response(409, "CONFLICT")
    def reject(body: dict[str, Any], entry_id: UUID, command: Command) -> Response:
        person_id = person_of(service, entry_id)
        outcome = service.log.execute(
            command, lambda work: reject_entry(work, command, person_id, entry_id, body["reason"])
        )
        person = service.log.get(ListedPerson, outcome.resource, outcome.version)
        return command_response(show_rejected(person, entry_id), outcome.version, replayed=outcome.replayed)

    return api


def person_of(service: Service, entry_id: UUID) -> UUID:
    """Whose entry it is, at the office of the current user. Raises NotFound."""
    with service.views.reading() as db:
        row = find_entry(db, current_user().office, entry_id)
    if row is None:
        raise NotFound("entry", entry_id)
    return row.person_id
