"""Who may do what: every role against every route of the three services, the routes read from the services.

A route that is not in the table fails the first test: whoever adds one says here who may use it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask

from shared.agreement.acting import Role
from shared.agreement.parties import Agency
from shared.hosting.web import build_app
from shared.log.clock import SteppedClock
from tests.support import town
from tests.support.routes import Route, changing, names, reading
from tests.support.town import CA_DONG, FIRST_DAY, PGD, UBND_DONG, Desk

OFFICER, LEADER, AUDITOR, ADMINISTRATOR = Role.OFFICER, Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR
EVERYBODY = frozenset(Role)
READERS = frozenset({OFFICER, LEADER, AUDITOR})
CLERKS = frozenset({OFFICER, LEADER})
OFFICERS, LEADERS, ADMINISTRATORS = (frozenset({role}) for role in (OFFICER, LEADER, ADMINISTRATOR))

OF_EVERY_SERVICE = {
    "POST /api/parked/<uuid:key>/retry": LEADERS | ADMINISTRATORS,
    "POST /api/parked/<uuid:key>/discard": LEADERS | ADMINISTRATORS,
    "POST /api/channels/<publisher>/resume": ADMINISTRATORS,
    "POST /api/clock": ADMINISTRATORS,
    "DELETE /api/tokens/current": EVERYBODY,
    "GET /": EVERYBODY,
    "GET /api/cases": READERS,
    "GET /api/cases/<uuid:case_id>": READERS,
    "GET /api/cases/<uuid:case_id>/audit": READERS,
    "GET /api/cases/<uuid:case_id>/timeline": READERS,
    "GET /api/channels/<party>/agreement": EVERYBODY,
    "GET /api/clock": EVERYBODY,
    "GET /api/docs/": EVERYBODY,
    "GET /api/lists": READERS,
    "GET /api/lists/<uuid:list_id>": READERS,
    "GET /api/months": EVERYBODY,
    "GET /api/news": READERS,
    "GET /api/obligations": EVERYBODY,
    "GET /api/openapi.json": EVERYBODY,
    "GET /api/parked": EVERYBODY,
    "GET /api/status": EVERYBODY,
    "GET /danh-sach": READERS,
    "GET /danh-sach/<uuid:list_id>": READERS,
    "GET /danh-sach/<uuid:list_id>/mau-01": READERS,
    "GET /ho-so": READERS,
    "GET /ho-so/<uuid:case_id>": READERS,
    "GET /viec-can-lam": EVERYBODY,
}
WHO_MAY = {
    Agency.POLICE: OF_EVERY_SERVICE
    | {
        "POST /api/persons": CLERKS,
        "POST /api/persons/<uuid:person_id>/correction": CLERKS,
        "POST /api/persons/<uuid:person_id>/retraction": CLERKS,
        "POST /api/persons/<uuid:person_id>/residence": CLERKS,
        "POST /api/persons/<uuid:person_id>/identity-number": CLERKS,
        "POST /api/persons/<uuid:person_id>/need": CLERKS,
        "POST /api/persons/<uuid:person_id>/conduct": CLERKS,
        "POST /api/persons/<uuid:person_id>/note": CLERKS,
        "POST /api/persons/<uuid:person_id>/transfer": CLERKS,
        "POST /api/lists": CLERKS,
        "POST /api/lists/<uuid:list_id>/draft": CLERKS,
        "POST /api/lists/<uuid:list_id>/sign": LEADERS,
        "POST /api/lists/<uuid:list_id>/submit": LEADERS,
        "POST /api/lists/<uuid:list_id>/entries/<uuid:entry_id>/withdrawal": CLERKS,
        "POST /api/imports": CLERKS,
        "POST /api/imports/abandonment": LEADERS,
        "GET /api/imports": READERS,
        "GET /api/imports/<uuid:run>": READERS,
        "GET /api/lists/<uuid:list_id>/candidates": READERS,
        "GET /api/persons": READERS,
        "GET /api/persons/<uuid:person_id>": READERS,
        "GET /api/persons/<uuid:person_id>/eligibility": READERS,
    },
    Agency.COMMUNE: OF_EVERY_SERVICE
    | {
        "POST /api/lists/<uuid:list_id>/entries/<uuid:entry_id>/decision": OFFICERS,
        "POST /api/lists/<uuid:list_id>/confirmation": LEADERS,
        "POST /api/lists/<uuid:list_id>/return": LEADERS,
        "POST /api/residents/<uuid:person_id>/note": CLERKS,
        "GET /api/residents": READERS,
        "GET /api/residents/<uuid:person_id>": READERS,
    },
    Agency.BANK: OF_EVERY_SERVICE
    | {
        "POST /api/entries/<uuid:entry_id>/rejection": CLERKS,
        "POST /api/loans": CLERKS,
        "POST /api/loans/<uuid:loan_id>/lookup": CLERKS,
        "POST /api/loans/<uuid:loan_id>/proposal": CLERKS,
        "POST /api/loans/<uuid:loan_id>/approval": LEADERS,
        "POST /api/loans/<uuid:loan_id>/refusal": LEADERS,
        "POST /api/loans/<uuid:loan_id>/disbursements": CLERKS,
        "POST /api/loans/<uuid:loan_id>/disbursements/<int:tranche_no>/confirmation": LEADERS,
        "POST /api/loans/<uuid:loan_id>/receipts": CLERKS,
        "POST /api/loans/<uuid:loan_id>/receipts/<uuid:posting_id>/reversal": LEADERS,
        "GET /api/loans": READERS,
        "GET /api/loans/<uuid:loan_id>": READERS,
        "GET /api/loans/<uuid:loan_id>/owed": READERS,
    },
}
OFFICE = {Agency.POLICE: CA_DONG, Agency.COMMUNE: UBND_DONG, Agency.BANK: PGD}
SOMETHING = {
    **dict.fromkeys(("person_id", "case_id", "list_id", "entry_id", "loan_id", "posting_id"), UUID(int=7)),
    **dict.fromkeys(("key", "run"), UUID(int=7)),
    **dict.fromkeys(("party", "publisher"), "ca-tay"),
    "tranche_no": 1,
}


@dataclass(frozen=True)
class Open:
    """A service with a user per role. Its clock can be stepped, so that those routes are there too."""

    agency: Agency
    desk: Desk
    app: Flask
    headers: dict[Role, dict[str, str]]

    @property
    def routes(self) -> list[Route]:
        return reading(self.app) + changing(self.app)


@pytest.fixture(scope="module", params=Agency)
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    agency: Agency = request.param
    folder: Path = tmp_path_factory.mktemp("roles")
    with town.opened(folder, town.agreement(), [agency]) as there:
        desk = there.desks[agency]
        stepped = replace(desk.service, clock=SteppedClock(folder / "clock", FIRST_DAY))
        app = build_app(replace(desk.host, service=stepped))
        headers = desk.enrol(*Role)
        yield Open(agency, desk, app, {role: headers[OFFICE[agency], role] for role in Role})


def ask(service: Open, route: Route, headers: dict[str, str]) -> tuple[int, str | None]:
    """Status and problem code. What is asked for does not exist: who may ask gets so far as to be told that."""
    answer = service.app.test_client().open(
        route.path(**SOMETHING), method=route.method, headers=headers | {"Accept": "application/json"}
    )
    problem = answer.get_json(silent=True) if answer.mimetype == "application/problem+json" else None
    return answer.status_code, problem["code"] if problem else None


def test_every_route_says_who_may_use_it(service: Open) -> None:
    assert names(service.routes) == set(WHO_MAY[service.agency])


def test_a_role_may_do_what_is_its_own_and_nothing_else(service: Open) -> None:
    head = service.desk.log.head()
    for route, role in product(service.routes, Role):
        if route.name == "DELETE /api/tokens/current":
            continue  # it would end the user's own visit
        status, code = ask(service, route, service.headers[role])
        may = role in WHO_MAY[service.agency][route.name]
        assert (code == "wrong_role") is not may, (role, route.name, status)
        assert (status == 403) is not may, (role, route.name, code)
    assert service.desk.log.head() == head


def test_without_a_token_or_with_an_unknown_one_nothing_is_shown_or_done(service: Open) -> None:
    for route, token in product(service.routes, (None, "xyz")):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        assert ask(service, route, headers) == (401, "unauthenticated"), route.name


def test_a_command_without_a_key_of_its_own_is_not_carried_out(service: Open) -> None:
    """The clock and signing out are no commands: they may be repeated."""
    for route in changing(service.app):
        if route.rule in ("/api/clock", "/api/tokens/current"):
            continue
        (role, *_) = sorted(WHO_MAY[service.agency][route.name])
        for key, why in (({}, "missing"), ({"Idempotency-Key": "chìa khóa"}, "malformed")):
            _, code = ask(service, route, service.headers[role] | key)
            assert code == f"idempotency_key_{why}", route.name


def test_a_token_ends_with_signing_out(service: Open) -> None:
    user = service.desk.service.users.list()[0].user
    token = service.desk.service.users.sign_in(user.username, town.PASSWORD, datetime.now().astimezone())
    headers = {"Authorization": f"Bearer {token}"}
    client = service.app.test_client()
    assert client.get("/api/status", headers=headers).status_code == 200
    assert client.delete("/api/tokens/current", headers=headers).status_code == 204
    assert client.get("/api/status", headers=headers).status_code == 401
