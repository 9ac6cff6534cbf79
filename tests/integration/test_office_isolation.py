"""Two offices in one service: whatever an office's users, tokens and peers ask, they see nothing of the other's.

The routes are read from the app, so that a new one is asked too; an argument of a new name fails the test.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.agreement.acting import Role
from shared.agreement.parties import Agency, Channel
from tests.support.routes import Route, changing, names, reading
from tests.support.season_acts import COMMITTEE_OF, POLICE_OF, bank_of
from tests.support.town import DONG, TAY, Desk, Town
from tests.support.two_communes import Traces, two_communes

QUERIES = {
    "/api/cases/<uuid:case_id>/audit": {"as_of": "2026-03-31"},
    "/api/channels/<party>/agreement": {"told": 1, "heard": 0},
}
WHOLE_SERVICE = "/api/status"
"""What administrators see of the whole service: counts and channels, of no person."""
OF_THE_PROGRAM = ("/api/openapi.json", "/api/docs/")

PERSON = {
    "full_name": "Lê Mới Giả",
    "birth": "1990",
    "sex": "male",
    "identity_number": "999090000001",
    "hamlet": "Thôn Một",
    "ground": "sentence_completed",
    "certificate_no": "1/GCN",
    "certificate_issued_on": "2024-05-10",
    "completed_on": "2024-05-10",
    "resident_since": "2024-05-12",
}
BODIES: dict[str, dict[str, Any]] = {
    "conduct": {"conduct_good": True, "social_evils": False},
    "correction": PERSON,
    "identity-number": {"identity_number": "999090000001"},
    "need": {"wants_loan": False},
    "note": {"note": "đã gặp"},
    "residence": {"hamlet": "Thôn Hai", "resident_since": "2024-05-12"},
    "retraction": {"reason": "duplicate"},
    "transfer": {"to_commune": "99901", "transferred_on": "2026-03-01"},
    "draft": {},
    "sign": {},
    "submit": {"document_no": "1", "document_on": "2026-03-04"},
    "withdrawal": {"reason": "no_wish"},
    "decision": {"decision": "confirmed"},
    "confirmation": {"document_no": "1", "document_on": "2026-03-04", "disbursed_on": "2026-03-09"},
    "return": {"objections": [{"reason": "missing_document"}]},
    "rejection": {"reason": "not_found"},
    "approval": {"document_no": "1"},
    "refusal": {"grounds": "capital"},
    "proposal": {"decision": "approve"},
    "lookup": {"looked_up_on": "2026-03-09", "person": "none", "borrower": "none"},
    "disbursements": {"amount": 1},
    "receipts": {"principal": 1, "interest": 0, "receipt_no": "1", "paid_on": "2026-03-12"},
    "reversal": {},
    "discard": {"why": "không cần"},
    "retry": {},
    "resume": {},
}
"""By the last part of a command's address, what is sent with it."""
ONLY = {
    "/api/lists/<uuid:list_id>/confirmation": ("document_no", "document_on"),
    "/api/loans/<uuid:loan_id>/disbursements/<int:tranche_no>/confirmation": ("disbursed_on",),
}


@dataclass(frozen=True)
class Pair:
    """An agency's service that hosts an office of each commune; asked by Đông, about Tây."""

    desk: Desk
    app: Flask
    ours: str
    theirs: str
    our_traces: Traces
    their_traces: Traces
    headers: dict[tuple[str, Role], dict[str, str]]

    def get(self, client: FlaskClient, path: str, rule: str, role: Role) -> TestResponse:
        return client.get(path, query_string=QUERIES.get(rule, {}), headers=self.headers[self.ours, role])


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, dict[str, Traces]]]:
    with two_communes(tmp_path_factory.mktemp("two")) as played:
        yield played


@pytest.fixture(scope="module", params=Agency)
def pair(request: pytest.FixtureRequest, there: tuple[Town, dict[str, Traces]]) -> Pair:
    played, traces = there
    desk = played.desks[request.param]
    ours, theirs = (office_of(desk, commune) for commune in (DONG, TAY))
    app = desk.app()
    return Pair(desk, app, ours, theirs, traces[DONG], traces[TAY], desk.enrol(*Role))


def office_of(desk: Desk, commune: str) -> str:
    if desk.service.agency is Agency.BANK:
        return bank_of(desk, commune)
    return (POLICE_OF if desk.service.agency is Agency.POLICE else COMMITTEE_OF)[commune]


def filled(route: Route, traces: Traces, office: str) -> Iterator[dict[str, str]]:
    """Every way to fill a route in with what belongs to an office. Raises KeyError for an unknown argument."""
    known = traces.ids | {"party": [office], "publisher": [office], "tranche_no": ["1"]}
    names = sorted(route.arguments)
    for values in product(*(known[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def test_no_page_or_resource_shows_an_office_what_is_another_s(pair: Pair) -> None:
    client = pair.app.test_client()
    for route, role in product(reading(pair.app), Role):
        for arguments in filled(route, pair.their_traces, pair.theirs):
            path = route.path(**arguments)
            answer = pair.get(client, path, route.rule, role)
            asked = {value for value in arguments.values() if value in path}
            seen = {trace for trace in pair.their_traces.all - asked if trace in answer.text}
            assert not seen, (role, path)
            assert answer.status_code in ((403, 404) if route.arguments else (200, 303, 403)), (role, path)


def test_the_same_routes_show_an_office_what_is_its_own(pair: Pair) -> None:
    """So that the test above is not one of closed doors."""
    client = pair.app.test_client()
    shown: set[str] = set()
    for route in reading(pair.app):
        if "party" in route.arguments:
            continue  # of a channel, on which nothing may have been said
        for arguments in filled(route, pair.our_traces, pair.ours):
            path = route.path(**arguments)
            answer = pair.get(client, path, route.rule, Role.OFFICER)
            assert answer.status_code in (200, 303), path
            shown |= {trace for trace in pair.our_traces.all if trace in answer.text}
    assert pair.our_traces.ids["person_id"][0] in shown
    assert pair.our_traces.ids["list_id"][0] in shown
    assert pair.our_traces.words[0] in shown


def test_no_command_of_an_office_reaches_what_is_another_s(pair: Pair) -> None:
    client = pair.app.test_client()
    reached = set()
    before = pair.desk.log.head()
    for route, role in product(changing(pair.app), (Role.OFFICER, Role.LEADER, Role.ADMINISTRATOR)):
        if not route.arguments:
            continue
        for number, arguments in enumerate(filled(route, pair.their_traces, "nobody")):
            sent = BODIES[route.rule.rpartition("/")[2]]
            body = {name: sent[name] for name in ONLY.get(route.rule, sent)}
            headers = pair.headers[pair.ours, role] | {
                "Idempotency-Key": f"{role}-{abs(hash(route))}-{number}",
                "If-Match": '"1"',
            }
            answer = client.open(route.path(**arguments), method=route.method, json=body, headers=headers)
            problem = answer.get_json()["code"]
            assert answer.status_code in (403, 404), (role, route.name, problem)
            reached |= {route.name} if answer.status_code == 404 else set()
    assert reached == names(route for route in changing(pair.app) if route.arguments)
    assert pair.desk.log.head() == before


def test_the_collections_hold_only_what_is_the_office_s_own(pair: Pair) -> None:
    """Both offices have the same number of everything, so half of it is shown to each."""
    client = pair.app.test_client()
    held = {}
    for route in reading(pair.app):
        if not route.arguments and route.rule.startswith("/api/") and route.rule not in OF_THE_PROGRAM:
            answers = [
                client.get(route.rule, headers=pair.headers[office, Role.OFFICER]).get_json()
                for office in (pair.ours, pair.theirs)
            ]
            if all("items" in answer for answer in answers):
                held[route.rule] = [len(answer["items"]) for answer in answers]
    assert held
    for rule, (ours, theirs) in held.items():
        assert ours == theirs > 0, rule


def test_the_status_of_the_whole_service_is_for_administrators_and_names_nobody(pair: Pair) -> None:
    client = pair.app.test_client()
    for role in Role:
        answer = pair.get(client, WHOLE_SERVICE, WHOLE_SERVICE, role)
        assert (f"{pair.theirs}→" in answer.text) is (role is Role.ADMINISTRATOR)
        assert not [trace for trace in pair.their_traces.all if trace in answer.text]


def test_a_peer_hears_its_own_channel_and_no_other(pair: Pair) -> None:
    client = pair.app.test_client()
    told = [Channel.named(name) for name in pair.desk.log.books.channels("told")]
    hearers = sorted({channel.hearer for channel in told})
    assert len(hearers) > 1
    secrets = {hearer: pair.desk.credentials.grant(hearer) for hearer in hearers}
    for channel, hearer in product(told, hearers):
        answer = client.get(
            f"/feed/{channel.publisher}/{channel.hearer}",
            headers={"Authorization": f"Bearer {secrets[hearer]}"},
        )
        assert answer.status_code == (200 if hearer == channel.hearer else 404), (channel, hearer)
    for channel in (channel for channel in told if channel.publisher == pair.ours):
        answer = client.get(
            f"/feed/{channel.publisher}/{channel.hearer}",
            headers={"Authorization": f"Bearer {secrets[channel.hearer]}"},
        )
        assert not [trace for trace in pair.their_traces.all if trace in answer.text]


def test_a_user_s_token_opens_no_feed_and_a_peer_s_secret_no_resource(pair: Pair) -> None:
    client = pair.app.test_client()
    channel = Channel.named(pair.desk.log.books.channels("told")[0])
    feed = f"/feed/{channel.publisher}/{channel.hearer}"
    for role in Role:
        assert client.get(feed, headers=pair.headers[channel.publisher, role]).status_code == 401
    secret = pair.desk.credentials.grant(channel.hearer)
    peer = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
    for route in reading(pair.app):
        for arguments in filled(route, pair.our_traces, pair.ours):
            assert client.get(route.path(**arguments), headers=peer).status_code == 401, route.name
