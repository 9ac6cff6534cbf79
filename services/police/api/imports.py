"""Workbooks over HTTP: imported by an officer, looked at afterwards, given up by the chief."""

import sqlite3
from io import BytesIO
from typing import Any, Never
from uuid import UUID

import marshmallow as ma
from flask import Response, jsonify, request

from services.police.application.imports import abandon_import, import_file
from services.police.application.lists import desk_key
from services.police.import_run import ImportDesk
from services.police.views.imports import import_of, imports_of
from shared.agreement.acting import CLERKS, READERS, Command, Role
from shared.agreement.errors import NotFound
from shared.contracts.base import Strict, sha256, text, uuid, whole
from shared.hosting.definition import ImportOptions, Service
from shared.log.application import Outcome, UnitOfWork
from shared.sheets.report import Report
from shared.sheets.text import Lang
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.commands import command, command_response, resource_response
from shared.web.paging import PageSchema, page_asked, page_response
from shared.web.problems import problem

_WORKBOOK = {"required": True, "content": {"application/octet-stream": {}}}
_QUERY = [
    # Spelt out: what `command` documents would replace what `arguments` does.
    {"in": "query", "name": "name", "required": True, "schema": {"type": "string"}},
    {"in": "query", "name": "dry_run", "schema": {"type": "boolean", "default": False}},
    {"in": "query", "name": "skip_bad", "schema": {"type": "boolean", "default": False}},
]
_COUNTS = ("rows", "accepted", "unchanged", "updated", "rejected")


class ImportQuerySchema(ma.Schema):
    """`name`: the file's, ending in .xlsx or .csv. `dry_run`: check only. `skip_bad`: take the good rows."""

    name = ma.fields.String(
        required=True, validate=ma.validate.Regexp(r"^[^/\\\x00-\x1f\x7f]{1,190}\.[A-Za-z]{1,8}\Z")
    )
    dry_run = ma.fields.Boolean(load_default=False)
    skip_bad = ma.fields.Boolean(load_default=False)


class RowErrorSchema(Strict):
    """`row`: of the sheet; null where the whole file is meant. `value`: masked."""

    row = whole(allow_none=True)
    column = ma.fields.String(required=True)
    value = ma.fields.String(required=True)
    code = text()
    message = text(2000)


class ReportSchema(Strict):
    """Counts of rows, and the first 1,000 errors."""

    rows = whole()
    accepted = whole()
    unchanged = whole()
    updated = whole()
    rejected = whole()
    errors = ma.fields.List(ma.fields.Nested(RowErrorSchema), required=True)


class ImportSchema(Strict):
    """`status`: running, completed or abandoned."""

    run = uuid()
    workbook = text()
    file_hash = sha256()
    status = text()
    started_by = text()
    started_at = ma.fields.DateTime(required=True)
    ended_at = ma.fields.DateTime(required=True, allow_none=True)
    rows = whole()
    accepted = whole()
    unchanged = whole()
    updated = whole()
    rejected = whole()


class _NotYet(Exception):
    """The command was not carried out before."""


def blueprint(service: Service) -> ApiBlueprint:
    api = ApiBlueprint("imports", __name__, url_prefix="/api/imports", description="Nhập bảng tính")
    _reading(api, service)
    _importing(api, service)
    return api


def _reading(api: ApiBlueprint, service: Service) -> None:
    @api.get("")
    @require(*READERS)
    @api.doc(summary="Các lần nhập bảng tính, mới nhất trước")
    @api.arguments(PageSchema, location="query")
    @api.response(200, ImportSchema(many=True), description="In `items`; `next` is the cursor")
    def list_imports(_query: dict[str, Any]) -> Response:
        page = page_asked(sort_key=int)
        with service.views.reading() as db:
            rows = imports_of(db, current_user().office, page)
        return page_response(rows, page, key=lambda row: (row["desk_version"], row["run"]), show=_shown)

    @api.get("/<uuid:run>")
    @require(*READERS)
    @api.doc(summary="Báo cáo của một lần nhập, với từng dòng bị từ chối")
    @api.response(200, ReportSchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_import(run: UUID) -> Response:
        office = current_user().office
        with service.views.reading() as db:
            row = import_of(db, office, str(run))
        if row is None:
            raise NotFound("item", run)
        desk = service.log.get(ImportDesk, desk_key(office), row["desk_version"])
        return resource_response(desk.report.as_dict(_language()), desk.version)


def _importing(api: ApiBlueprint, service: Service) -> None:
    @api.post("")
    @require(*CLERKS)
    @command(raw=True)
    @api.doc(summary="Nhập một bảng tính (.xlsx, .csv)", parameters=_QUERY, requestBody=_WORKBOOK)
    @api.arguments(ImportQuerySchema, location="query")
    @api.response(201, ReportSchema, description="Recorded, or completed after a break")
    @api.alt_response(
        200, schema=ReportSchema, description="Nothing to record: a dry run, or a file without rows"
    )
    @api.alt_response(409, "CONFLICT")
    @api.alt_response(422, "UNPROCESSABLE_ENTITY")
    @api.alt_response(503, "SERVICE_UNAVAILABLE")
    def import_workbook(query: dict[str, Any], command: Command) -> Response:
        done = _carried_out(service, command)
        if done is not None:
            return _recorded(service, done)
        saved: list[Outcome] = []
        options = ImportOptions(command.user.username, query["dry_run"], query["skip_bad"])
        report = import_file(
            service,
            [service.office(command.user.office)],
            query["name"],
            BytesIO(request.get_data()),
            options,
            save=lambda complete: saved.append(service.log.execute(command, complete)),
        )
        if saved:
            return _recorded(service, saved[0])
        if options.dry_run or report.all_taken:
            return jsonify(report.as_dict(_language()))
        return _refused(report)

    @api.post("/abandonment")
    @require(Role.LEADER)
    @command()
    @api.doc(summary="Bỏ lần nhập dở dang; các dòng đã ghi vẫn giữ nguyên")
    @api.response(200, ReportSchema)
    @api.alt_response(409, "CONFLICT")
    def abandon(command: Command) -> Response:
        done = _carried_out(service, command)
        if done is not None:
            return _recorded(service, done)
        saved: list[Outcome] = []
        office = service.office(command.user.office)
        abandon_import(service, office, lambda act: saved.append(service.log.execute(command, act)))
        return _recorded(service, saved[0], created=False)


def _carried_out(service: Service, command: Command) -> Outcome | None:
    """What came of the same command before, None where it was not completed. Raises KeyReused."""

    def not_yet(_work: UnitOfWork) -> Never:
        raise _NotYet

    try:
        return service.log.execute(command, not_yet)
    except _NotYet:
        return None


def _recorded(service: Service, outcome: Outcome, *, created: bool = True) -> Response:
    desk = service.log.get(ImportDesk, outcome.resource, outcome.version)
    location = f"/api/imports/{desk.workbook.run}" if created and desk.workbook else None
    return command_response(
        desk.report.as_dict(_language()),
        outcome.version,
        location=location,
        created=created,
        replayed=outcome.replayed,
    )


def _refused(report: Report) -> Response:
    """Nothing was recorded: a problem, with the report in it."""
    lang, refused = _language(), f"{report.rejected}/{report.rows}"
    vi, en = f"Chưa ghi gì: {refused} dòng bị từ chối.", f"Nothing was recorded: {refused} rows are refused."
    if not report.rejected:
        vi, en = report.errors[0].message
    return problem(422, "workbook_refused", vi if lang == "vi" else en, report=report.as_dict(lang))


def _shown(row: sqlite3.Row) -> dict[str, Any]:
    names = ("run", "workbook", "file_hash", "status", "started_by", "started_at", "ended_at", *_COUNTS)
    return {name: row[name] for name in names}


def _language() -> Lang:
    return "en" if request.accept_languages.best_match(("vi", "en"), "vi") == "en" else "vi"
