"""*Hồ sơ*: the case files, and one case's timeline with the time each thing occurred and was learnt."""

from collections.abc import Callable
from uuid import UUID

import msgspec
from flask import Blueprint, render_template, request

from shared.agreement import wording
from shared.agreement.acting import READERS
from shared.agreement.errors import NotFound
from shared.hosting.definition import Service
from shared.messaging.parked_view import parked
from shared.mirror.views import case_file, timeline
from shared.web.auth import current_user, require
from shared.web.paging import keyset, next_cursor, page_asked


def pages(service: Service) -> Blueprint:
    blueprint = Blueprint("casefiles", __name__)

    @blueprint.get("/ho-so")
    @require(*READERS)
    def index() -> str:
        page = page_asked()
        stage = request.args.get("giai-doan", "")
        select = "SELECT case_id, COALESCE(name, '') AS name, stage, commune FROM case_files WHERE office=?"
        given: list[object] = [current_user().office]
        if stage in wording.STAGES:
            select += " AND stage=?"
            given.append(stage)
        with service.views.reading() as db:
            rows = db.execute(*keyset(select, given, page, sort="name", id="case_id")).fetchall()
            counts = dict(
                db.execute(
                    "SELECT stage, COUNT(*) FROM case_files WHERE office=? GROUP BY stage", given[:1]
                ).fetchall()
            )
        return render_template(
            "casefiles.html",
            rows=rows[: page.limit],
            cursor=next_cursor(rows, page, key=lambda row: (row["name"], row["case_id"])),
            counts=counts,
            stage=stage,
            words=wording,
            commune=_commune_name(service),
        )

    @blueprint.get("/ho-so/<uuid:case_id>")
    @require(*READERS)
    def one(case_id: UUID) -> str:
        office = current_user().office
        with service.views.reading() as db:
            file = case_file(db, office, case_id)
            items = timeline(db, office, case_id)
            waiting = [row for row in parked(db, office) if row.key == str(case_id)]
        if file is None:
            raise NotFound("case", case_id)
        communes = {commune.code: commune.name for commune in service.agreement.communes}
        return render_template(
            "casefile.html",
            file=file,
            items=[(item, wording.described(msgspec.json.decode(item.data), communes)) for item in items],
            parked=waiting,
            words=wording,
            commune=_commune_name(service),
            party=lambda code: service.agreement.party(code).name,
        )

    return blueprint


def _commune_name(service: Service) -> Callable[[str | None], str]:
    names = {commune.code: commune.name for commune in service.agreement.communes}
    return lambda code: names.get(code or "", code or "")
