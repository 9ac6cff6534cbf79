"""Released persons over HTTP: registered, corrected, surveyed, handed over; and who may be listed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import marshmallow as ma
import msgspec
from flask import Response

from services.police.api.judging import judged, same_at
from services.police.api.schemas import (
    AssessConductSchema,
    CorrectReleaseSchema,
    FillIdentityNumberSchema,
    MonthSchema,
    RegisterResidenceSchema,
    RetractReleaseSchema,
    SurveyNeedSchema,
    TransferPersonSchema,
    WriteNoteSchema,
)
from services.police.api.shapes import (
    EligibilitySchema,
    PersonSchema,
    PersonSummarySchema,
    show_checks,
    show_person,
    show_person_row,
)
from services.police.application import persons
from services.police.application.lists import checks_of, list_key
from services.police.commands import RegisterPersonSchema
from services.police.facts import Conduct, Need, Particulars, Registration, Release
from services.police.person import ReleasedPerson, Standing
from services.police.rules import failed
from services.police.views.persons import persons_of
from shared.agreement.acting import CLERKS, READERS, Command
from shared.agreement.calendar import Month
from shared.agreement.errors import NotFound
from shared.hosting.definition import Service
from shared.log.application import Outcome, UnitOfWork
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.commands import command, command_response, resource_response
from shared.web.paging import PageSchema, page_asked, page_response

Body = dict[str, Any]
Act = Callable[[UnitOfWork, Command, UUID, Body], ReleasedPerson]


class PersonsQuerySchema(PageSchema):
    """`name`: a part of the full name, as it is written."""

    standing = ma.fields.String(
        validate=ma.validate.OneOf([s.value for s in Standing if s != Standing.SHELL])
    )
    name = ma.fields.String(validate=ma.validate.Length(1, 100))


def blueprint(service: Service) -> ApiBlueprint:
    api = ApiBlueprint(
        "persons", __name__, url_prefix="/api/persons", description="Người chấp hành xong án phạt tù"
    )
    _reading(api, service)
    _registering(api, service)
    _changing(api, service)
    return api


def _reading(api: ApiBlueprint, service: Service) -> None:
    @api.get("")
    @require(*READERS)
    @api.doc(summary="Hồ sơ của đơn vị, theo tên")
    @api.arguments(PersonsQuerySchema, location="query")
    @api.response(200, PersonSummarySchema(many=True), description="In `items`; `next` is the cursor")
    def list_persons(query: Body) -> Response:
        page = page_asked()
        with service.views.reading() as db:
            rows = persons_of(db, current_user().office, page, query.get("standing"), query.get("name"))
        return page_response(
            rows, page, key=lambda row: (row["full_name"], row["person_id"]), show=show_person_row
        )

    @api.get("/<uuid:person_id>")
    @require(*READERS)
    @api.doc(summary="Một hồ sơ")
    @api.response(200, PersonSchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_person(person_id: UUID) -> Response:
        person = _person(service, person_id)
        return resource_response(show_person(person), person.version)

    @api.get("/<uuid:person_id>/eligibility")
    @require(*READERS)
    @api.doc(summary="Điều kiện vay, từng điều khoản, cho danh sách của một tháng")
    @api.arguments(MonthSchema, location="query")
    @api.response(200, EligibilitySchema)
    @api.alt_response(404, "NOT_FOUND")
    def read_eligibility(query: Body, person_id: UUID) -> Response:
        person, today = _person(service, person_id), service.today()
        month = Month.parse(query["month"]) if query["month"] else _next_due(service)
        due = service.calendar.list_due(month)
        checks = checks_of(person, today, due, list_key(person.case.commune, month))
        shown = {
            "person_id": person_id,
            "month": str(month),
            "on": today,
            "due_on": due,
            "eligible": not failed(checks),
            "checks": show_checks(checks),
        }
        return resource_response(shown, person.version)


def _registering(api: ApiBlueprint, service: Service) -> None:
    @api.post("")
    @require(*CLERKS)
    @command()
    @judged(service)
    @api.doc(summary="Đăng ký một người mới về cư trú")
    @api.arguments(RegisterPersonSchema)
    @api.response(201, PersonSchema)
    @api.alt_response(409, "CONFLICT")
    def register_person(body: Body, command: Command) -> Response:
        office = service.office(command.user.office)
        told, same = Registration.of(body), same_at(service, office.code)
        outcome = service.log.execute(command, lambda work: persons.register_person(work, office, told, same))
        return _answer(service, outcome, created=True)


def _changing(api: ApiBlueprint, service: Service) -> None:
    """Every change of a case: on the version the user looked at, answered with the case as it is then."""

    def change(path: str, schema: type[ma.Schema], summary: str, act: Act) -> None:
        def view(body: Body, person_id: UUID, command: Command) -> Response:
            outcome = service.log.execute(command, lambda work: act(work, command, person_id, body))
            return _answer(service, outcome)

        view.__name__ = f"post_{path.replace('-', '_')}"
        for decorate in (
            api.alt_response(412, "PRECONDITION_FAILED"),
            api.alt_response(409, "CONFLICT"),
            api.alt_response(404, "NOT_FOUND"),
            api.response(200, PersonSchema),
            api.arguments(schema),
            api.doc(summary=summary),
            judged(service),
            command(if_match=True),
            require(*CLERKS),
            api.post(f"/<uuid:person_id>/{path}"),
        ):
            view = decorate(view)

    def correct(work: UnitOfWork, command: Command, person_id: UUID, body: Body) -> ReleasedPerson:
        particulars, release = msgspec.convert(body, Particulars), msgspec.convert(body, Release)
        same = same_at(service, command.user.office)
        return persons.correct_release(
            work, command, person_id, particulars, release, body["resident_since"], same
        )

    def fill(work: UnitOfWork, command: Command, person_id: UUID, body: Body) -> ReleasedPerson:
        same = same_at(service, command.user.office)
        return persons.fill_identity_number(work, command, person_id, body["identity_number"], same)

    def transfer(work: UnitOfWork, command: Command, person_id: UUID, body: Body) -> ReleasedPerson:
        return persons.transfer_person(
            work, command, service.agreement, person_id, body["to_commune"], body["transferred_on"]
        )

    change("correction", CorrectReleaseSchema, "Đính chính thông tin đã ghi", correct)
    change(
        "retraction",
        RetractReleaseSchema,
        "Thu hồi thông tin ghi nhầm",
        lambda work, command, id, body: persons.retract_release(work, command, id, body["reason"]),
    )
    change(
        "residence",
        RegisterResidenceSchema,
        "Ghi nơi cư trú trong xã",
        lambda work, command, id, body: persons.register_residence(
            work, command, id, body["hamlet"], body["resident_since"]
        ),
    )
    change("identity-number", FillIdentityNumberSchema, "Bổ sung số định danh còn thiếu", fill)
    change(
        "need",
        SurveyNeedSchema,
        "Khảo sát nhu cầu vay",
        lambda work, command, id, body: persons.survey_need(work, command, id, msgspec.convert(body, Need)),
    )
    change(
        "conduct",
        AssessConductSchema,
        "Đánh giá việc chấp hành pháp luật; không gửi ngân hàng",
        lambda work, command, id, body: persons.assess_conduct(
            work, command, id, Conduct(body["conduct_good"], body["social_evils"])
        ),
    )
    change(
        "note",
        WriteNoteSchema,
        "Ghi chú riêng của đơn vị; không gửi đi đâu",
        lambda work, command, id, body: persons.write_note(work, command, id, body["note"] or None),
    )
    change("transfer", TransferPersonSchema, "Chuyển hồ sơ sang xã khác", transfer)


def _person(service: Service, person_id: UUID) -> ReleasedPerson:
    person = service.log.find(ReleasedPerson, persons.case_key(current_user().office, person_id))
    if person is None or person.standing is Standing.SHELL:
        raise NotFound("person", person_id)
    return person


def _next_due(service: Service) -> Month:
    """The month whose list is due next."""
    today = service.today()
    this = Month.of(today)
    return this if today <= service.calendar.list_due(this) else this.plus(1)


def _answer(service: Service, outcome: Outcome, *, created: bool = False) -> Response:
    person = service.log.get(ReleasedPerson, outcome.resource, outcome.version)
    location = f"/api/persons/{person.case.person_id}" if created else None
    return command_response(
        show_person(person),
        outcome.version,
        created=created,
        location=location,
        replayed=outcome.replayed,
    )
