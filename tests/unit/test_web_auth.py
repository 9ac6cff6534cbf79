"""Nothing without authentication but health; and only what the role allows."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.agreement.acting import Role
from shared.web.auth import current_peer
from tests.unit.web_office import PASSWORD, Office, opened

FORM = {"username": "leader", "password": PASSWORD}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path) as office:
        yield office


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Office]:
    """The same office, not on loopback."""
    with opened(tmp_path, secret_loopback=False) as office:
        yield office


# What is open, and what is closed


def test_every_route_but_the_public_ones_is_closed(office: Office) -> None:
    open_routes = set()
    for rule in office.app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            path = rule.rule.replace("<int:number>", "1").replace("<path:filename>", "phoihop.css")
            path = path.split("<any")[0] + "swagger-ui.css" if "<any" in path else path
            answer = office.client().open(path, method=method, headers={"Accept": "application/json"})
            if answer.status_code != 401:
                open_routes.add((method, rule.rule))
            answer.close()
    assert open_routes == {
        ("GET", "/health"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("POST", "/sign-out"),
        ("POST", "/api/tokens"),
        ("GET", "/static/<path:filename>"),
    }


def test_a_view_that_a_service_adds_is_closed_without_asking(office: Office) -> None:
    office.app.add_url_rule("/api/forgotten", "forgotten", lambda: "facts")
    assert office.client().get("/api/forgotten").status_code == 401
    assert office.client().get("/api/forgotten", headers=office.bearer("officer")).text == "facts"


def test_health_says_that_it_lives_and_nothing_else(office: Office) -> None:
    answer = office.client().get("/health")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_without_a_token_the_api_asks_for_one(office: Office) -> None:
    answer = office.client().get("/api/cases/1")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="phoihop-police"'
    assert answer.json is not None
    assert answer.json["code"] == "unauthenticated"


def test_a_person_without_a_token_is_led_to_the_sign_in_page_and_back(office: Office) -> None:
    answer = office.client().get("/work?month=2026-03", headers={"Accept": "text/html"})
    assert answer.status_code == 303
    goal = urlsplit(answer.headers["Location"])
    assert (goal.path, parse_qs(goal.query)) == ("/sign-in", {"next": ["/work?month=2026-03"]})


# Tokens


def test_a_token_opens_the_api(office: Office) -> None:
    given = office.client().post("/api/tokens", json=FORM)
    assert given.status_code == 201
    assert given.json is not None
    assert given.json["expires"] == "2026-03-07T17:00:00+00:00"
    headers = {"Authorization": f"Bearer {given.json['token']}"}
    assert office.client().get("/api/cases/1", headers=headers).status_code == 200


def test_a_wrong_password_gives_no_token(office: Office) -> None:
    answer = office.client().post("/api/tokens", json={**FORM, "password": "sai mật khẩu"})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["code"] == "wrong_credentials"


def test_failed_sign_ins_are_throttled_and_told_how_long(office: Office) -> None:
    for _ in range(5):
        office.client().post("/api/tokens", json={**FORM, "password": "sai mật khẩu"})
    answer = office.client().post("/api/tokens", json=FORM)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    office.machine_clock.turn(seconds=30)
    assert office.client().post("/api/tokens", json=FORM).status_code == 201


@pytest.mark.parametrize(
    "credentials", [{}, {"username": "leader"}, {**FORM, "role": "leader"}, {**FORM, "username": 1}]
)
def test_credentials_in_another_shape_are_refused(office: Office, credentials: dict[str, object]) -> None:
    assert office.client().post("/api/tokens", json=credentials).status_code == 422


@pytest.mark.parametrize(
    "header", ["Bearer nobodys", "Bearer", "Bearer ", "Basic bGVhZGVyOng=", "nonsense", "Bearer a b c", ""]
)
def test_a_wrong_token_is_refused(office: Office, header: str) -> None:
    assert office.client().get("/api/cases/1", headers={"Authorization": header}).status_code == 401


def test_an_expired_token_is_refused(office: Office) -> None:
    headers = office.bearer("officer")
    office.machine_clock.turn(hours=12)
    assert office.client().get("/api/cases/1", headers=headers).status_code == 401


def test_stepping_the_simulated_day_signs_nobody_out(office: Office) -> None:
    headers = office.bearer("officer")
    office.clock.turn(days=300)
    assert office.client().get("/api/cases/1", headers=headers).status_code == 200


def test_a_disabled_users_token_is_refused(office: Office) -> None:
    headers = office.bearer("officer")
    office.users.disable("officer")
    assert office.client().get("/api/cases/1", headers=headers).status_code == 401


def test_a_token_given_back_is_refused(office: Office) -> None:
    headers = office.bearer("officer")
    assert office.client().delete("/api/tokens/current", headers=headers).status_code == 204
    assert office.client().get("/api/cases/1", headers=headers).status_code == 401


# Roles


@pytest.mark.parametrize("role", list(Role))
def test_only_the_leader_does_what_is_the_leaders(office: Office, role: Role) -> None:
    answer = office.client().get("/api/cases/1/signature", headers=office.bearer(role.value))
    assert answer.status_code == (200 if role is Role.LEADER else 403)


def test_who_may_not_is_told_which_role_may(office: Office) -> None:
    answer = office.client().get("/api/cases/1/signature", headers=office.bearer("officer"))
    assert answer.json is not None
    assert answer.json["code"] == "wrong_role"
    assert answer.json["facts"] == {"needed": "leader", "actual": "officer"}
    assert "lãnh đạo" in answer.json["detail"]


# The wire


def test_plain_http_is_refused_where_it_is_not_loopback(guarded: Office) -> None:
    headers = guarded.bearer("officer")
    answer = guarded.client().get("/api/cases/1", headers=headers, base_url="http://ca.example")
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["code"] == "https_required"
    answer = guarded.client().get("/api/cases/1", headers=headers, base_url="https://ca.example")
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_host_that_is_not_ours_is_refused(office: Office) -> None:
    answer = office.client().get("/health", base_url="http://evil.example")
    assert answer.status_code == 400


# Peers


def test_a_peer_authenticates_by_its_own_credential_and_is_known_by_its_party(office: Office) -> None:
    answer = office.client().get("/feed", headers={"Authorization": "Bearer peer-secret"})
    assert answer.json == {"peer": "ubnd-hoadong"}


def test_a_users_token_does_not_open_a_peer_endpoint(office: Office) -> None:
    answer = office.client().get("/feed", headers=office.bearer("administrator"))
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert office.client().get("/feed").status_code == 401
    assert office.client().get("/feed/everybody").status_code == 401


def test_a_user_is_no_peer(office: Office) -> None:
    office.app.add_url_rule("/api/speaker", "speaker", current_peer)
    assert office.client().get("/api/speaker", headers=office.bearer("officer")).status_code == 401


def test_a_peers_credential_opens_nothing_else(office: Office) -> None:
    headers = {"Authorization": "Bearer peer-secret"}
    assert office.client().get("/api/cases/1", headers=headers).status_code == 401
    assert office.client().get("/feed/user", headers=headers).status_code == 401
