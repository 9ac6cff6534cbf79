"""*Danh sách tháng*: the lists by month and where each lies; one list with its people; Form 01 on paper."""

from uuid import UUID

from flask import Blueprint, Response, render_template, url_for

from shared.agreement import wording
from shared.agreement.acting import READERS
from shared.agreement.errors import NotFound
from shared.hosting.definition import Service
from shared.mirror.views import month_file, month_files
from shared.web.auth import current_user, require
from shared.web.form01 import render_form01


def pages(service: Service) -> Blueprint:
    blueprint = Blueprint("list_pages", __name__)
    faces = service.definition.list_faces

    @blueprint.get("/danh-sach")
    @require(*READERS)
    def index() -> str:
        office = service.office(current_user().office)
        with service.views.reading() as db:
            files = {file.list_id: file for file in month_files(db, office.code)}
        return render_template(
            "lists.html",
            lines=[(line, files.get(line.list_id)) for line in faces.lines(service, office)],
            words=wording,
            commune=lambda code: service.agreement.commune(code).name,
        )

    @blueprint.get("/danh-sach/<uuid:list_id>")
    @require(*READERS)
    def one(list_id: UUID) -> str:
        office = service.office(current_user().office)
        shown = faces.shown(service, office, list_id)
        with service.views.reading() as db:
            file = month_file(db, office.code, list_id)
        return render_template(
            "list.html",
            shown=shown,
            file=file,
            words=wording,
            commune=lambda code: service.agreement.commune(code).name,
        )

    @blueprint.get("/danh-sach/<uuid:list_id>/mau-01")
    @require(*READERS)
    def form(list_id: UUID) -> Response:
        shown = faces.shown(service, service.office(current_user().office), list_id)
        if shown.form is None:
            raise NotFound("Form 01", list_id)
        stylesheet = url_for("static", filename="form01.css")
        return Response(render_form01(shown.form, stylesheet=stylesheet), mimetype="text/html")

    return blueprint
