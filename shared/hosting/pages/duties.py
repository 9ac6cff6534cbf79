"""*Việc cần làm*: what this office owes and by when, what waits, and what the others did."""

from flask import Blueprint, render_template

from shared.agreement import wording
from shared.agreement.acting import READERS
from shared.hosting.api.cases import news_items, owed_to_date
from shared.hosting.definition import Service
from shared.messaging.parked_view import parked
from shared.web.auth import current_user

MOST_NEWS = 40


def pages(service: Service) -> Blueprint:
    blueprint = Blueprint("duties", __name__)

    @blueprint.get("/viec-can-lam")
    def index() -> str:
        user = current_user()
        office = service.office(user.office)
        # An administrator looks after the service and need not know whom it is about.
        reads = user.role in READERS
        owed = owed_to_date(service, office, service.today())
        with service.views.reading() as db:
            waiting = parked(db, office.code)
            news = news_items(db, office.code, MOST_NEWS) if reads else []
        return render_template(
            "duties.html",
            owed=owed,
            mine=[
                duty for duty in owed if duty.holder == service.agency and duty.state in ("open", "overdue")
            ],
            tasks=service.definition.tasks(service, office) if reads else (),
            parked=waiting,
            news=news,
            words=wording,
            commune=lambda code: service.agreement.commune(code).name,
            party=lambda code: service.agreement.party(code).name,
        )

    return blueprint
