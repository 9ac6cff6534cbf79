"""The mirrored projection over HTTP: case files, timelines, audits, months, obligations, news."""

import sqlite3
from datetime import date
from typing import Any
from uuid import UUID

import marshmallow as ma
import msgspec
from flask import Response, jsonify

from shared.agreement.acting import READERS
from shared.agreement.calendar import Month
from shared.agreement.errors import NotFound
from shared.agreement.monthfile import MonthFile, Obligation, obligations
from shared.agreement.parties import Party
from shared.hosting.definition import Service
from shared.log.channels import from_micros
from shared.messaging.parked_view import parked
from shared.mirror.audit import as_of
from shared.mirror.spoken import Memory
from shared.mirror.views import case_file, month_files, timeline
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.paging import PageSchema, keyset, page_asked, page_response


class CasesQuery(PageSchema):
    stage = ma.fields.String(validate=ma.validate.Length(max=40))


class AuditQuery(ma.Schema):
    as_of = ma.fields.Date(required=True)
    by = ma.fields.String(load_default="learnt", validate=ma.validate.OneOf(["learnt", "occurred"]))


def blueprints(service: Service, memory: Memory) -> list[ApiBlueprint]:
    return [_cases(service, memory), _months(service), _news(service)]


def _cases(service: Service, memory: Memory) -> ApiBlueprint:
    api = ApiBlueprint(
        "cases", __name__, url_prefix="/api/cases", description="Hồ sơ: the mirrored case files"
    )

    @api.get("")
    @require(*READERS)
    @api.arguments(CasesQuery, location="query")
    def list_cases(query: dict[str, Any]) -> Response:
        page = page_asked()
        select = "SELECT case_id, COALESCE(name, '') AS name, stage, commune FROM case_files WHERE office=?"
        given: list[object] = [current_user().office]
        if "stage" in query:
            select += " AND stage=?"
            given.append(query["stage"])
        with service.views.reading() as db:
            rows = db.execute(*keyset(select, given, page, sort="name", id="case_id")).fetchall()
        return page_response(rows, page, key=lambda row: (row["name"], row["case_id"]), show=dict)

    @api.get("/<uuid:case_id>")
    @require(*READERS)
    def read_case(case_id: UUID) -> Response:
        office = current_user().office
        with service.views.reading() as db:
            file = case_file(db, office, case_id)
            waiting = [row for row in parked(db, office) if row.key == str(case_id)]
        if file is None:
            raise NotFound("case", case_id)
        return jsonify(
            msgspec.to_builtins(file, str_keys=True)
            | {"stage": file.stage, "commune": file.commune, "parked": bool(waiting)}
        )

    @api.get("/<uuid:case_id>/timeline")
    @require(*READERS)
    def read_timeline(case_id: UUID) -> Response:
        with service.views.reading() as db:
            items = timeline(db, current_user().office, case_id)
        if not items:
            raise NotFound("case", case_id)
        return Response(msgspec.json.encode({"items": items}), mimetype="application/json")

    @api.get("/<uuid:case_id>/audit")
    @require(*READERS)
    @api.arguments(AuditQuery, location="query")
    def audit(query: dict[str, Any], case_id: UUID) -> Response:
        office = current_user().office
        with service.views.reading() as db:
            if case_file(db, office, case_id) is None:
                raise NotFound("case", case_id)
        answer = as_of(service.log, memory, office, case_id, query["as_of"], query["by"])
        return Response(msgspec.json.encode(answer), mimetype="application/json")

    return api


def _months(service: Service) -> ApiBlueprint:
    api = ApiBlueprint("months", __name__, url_prefix="/api", description="Months, obligations: the 5th")

    @api.get("/months")
    def list_months() -> Response:
        with service.views.reading() as db:
            files = month_files(db, current_user().office)
        return jsonify(items=[_shown(file) for file in files])

    @api.get("/obligations")
    def list_obligations() -> Response:
        owed = owed_to_date(service, service.office(current_user().office), service.today())
        return jsonify(items=msgspec.to_builtins(owed))

    return api


def _shown(file: MonthFile) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(file, str_keys=True)
    return shown | {
        "state": file.state,
        "holder": file.holder,
        "held_since": msgspec.to_builtins(file.held_since),
    }


def owed_to_date(service: Service, office: Party, today: date) -> list[Obligation]:
    """The duties around the lists that are open now or were handed in late, newest month first."""
    current = Month.of(today)
    months = [current, *([current.plus(1)] if today >= service.calendar.list_opens(current.plus(1)) else [])]
    with service.views.reading() as db:
        files = month_files(db, office.code, since=str(current.plus(-1)))
    known = {(file.commune, file.month) for file in files}
    # The duty exists though nobody has said anything yet.
    files += [
        MonthFile(UUID(int=0), commune.code, str(month))
        for month in months
        for commune in service.agreement.communes_of(office)
        if (commune.code, str(month)) not in known and str(month) >= first_month(service, files, current)
    ]
    owed = [duty for file in files for duty in obligations(file, service.calendar, today)]
    return sorted(owed, key=lambda duty: (duty.state not in ("open", "overdue"), duty.due_on, duty.commune))


def first_month(service: Service, files: list[MonthFile], current: Month) -> str:
    """The first month whose list this office owes: the agreement begins, or the first it heard of."""
    return min(
        [file.month for file in files], default=str(max(current, Month.of(service.agreement.valid_from)))
    )


def _news(service: Service) -> ApiBlueprint:
    api = ApiBlueprint("news", __name__, url_prefix="/api/news", description="What the other agencies did")

    @api.get("")
    @require(*READERS)
    @api.arguments(PageSchema, location="query")
    def list_news(query: dict[str, Any]) -> Response:  # noqa: ARG001 - read by page_asked
        page = page_asked(sort_key=int)
        select = (
            "SELECT position, position || '' AS id, learnt, occurred, name, publisher, subject, cases, data"
            " FROM news WHERE office=?"
        )
        with service.views.reading() as db:
            sql = keyset(select, [current_user().office], page, sort="position", id="id", descending=True)
            rows = db.execute(*sql).fetchall()
        return page_response(rows, page, key=lambda row: (row["position"], row["id"]), show=_news_item)

    return api


def news_items(db: sqlite3.Connection, office: str, most: int) -> list[dict[str, Any]]:
    """The latest events heard from the others, newest first."""
    rows = db.execute("SELECT * FROM news WHERE office=? ORDER BY position DESC LIMIT ?", (office, most))
    return [_news_item(row) for row in rows]


def _news_item(row: Any) -> dict[str, Any]:
    return {
        "position": row["position"],
        "learnt": from_micros(row["learnt"]),
        "occurred": from_micros(row["occurred"]),
        "name": row["name"],
        "publisher": row["publisher"],
        "subject": row["subject"],
        "cases": row["cases"].split(),
        "data": msgspec.json.decode(row["data"]),
    }
