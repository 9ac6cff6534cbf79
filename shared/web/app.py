"""The Flask app of one agency: closed by default, with API, pages, problems and documentation in place."""

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import cast

import msgspec
from flask import Blueprint, Flask, Response, g, jsonify, redirect, render_template, request, url_for
from flask.json.provider import DefaultJSONProvider

from shared.log.clock import Clock, system_clock
from shared.web import auth, docs, furniture, problems, sign_in
from shared.web.api import ApiBlueprint, ProblemApi
from shared.web.auth import Unauthenticated, public
from shared.web.face import Authenticator, Face, Link, face
from shared.web.identity import Users

access_log = logging.getLogger("phoihop.access")

MAX_BODY = 1 << 20  # bytes
LOOPBACK_NAMES = ("127.0.0.1", "localhost")  # Werkzeug can list no IPv6 address; there, ask for localhost

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class IsoJson(DefaultJSONProvider):
    """Dates and instants in ISO 8601 (Flask's own are HTTP dates), Vietnamese letters as they are."""

    default = staticmethod(msgspec.to_builtins)
    ensure_ascii = False
    sort_keys = False


def create_app(
    *,
    agency: str,
    title: str,
    users: Users,
    clock: Clock,
    secret_loopback: bool,
    machine_clock: Clock = system_clock,
    stepped: bool = False,
    office_name: Callable[[str], str] = str,
    trusted_hosts: Iterable[str] | None = None,
    max_body: int = MAX_BODY,
) -> Flask:
    """An app without a single resource yet; `mount` adds the service's own.

    `agency`: police, commune or bank; `title`: its name in the header. `clock`: the service's, shown on the
    pages when `stepped`; `machine_clock`: for tokens and throttling, never stepped. `secret_loopback`:
    tokens may travel by plain HTTP because only this machine is served; otherwise a request that did not
    come by HTTPS (as the TLS proxy says) is refused. `trusted_hosts`: names this service answers to;
    loopback names when `secret_loopback`. `max_body`: bytes.
    """
    app = Flask("shared.web", static_url_path="/static")
    app.json = IsoJson(app)
    hosts = trusted_hosts if trusted_hosts is not None else LOOPBACK_NAMES if secret_loopback else None
    app.config.update(
        MAX_CONTENT_LENGTH=max_body,
        MAX_FORM_MEMORY_SIZE=64 << 10,
        MAX_FORM_PARTS=100,
        TRUSTED_HOSTS=None if hosts is None else list(hosts),
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        API_TITLE=f"phoihop – {title}",
        API_VERSION="1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        API_SPEC_OPTIONS={
            "security": [{"bearer": []}],
            "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        },
    )
    app.extensions["phoihop"] = Face(
        agency, title, users, clock, machine_clock, secret_loopback, stepped, office_name
    )
    app.before_request(_begin)
    app.before_request(auth.authenticate)
    app.after_request(_finish)
    problems.install(app)
    app.register_error_handler(Unauthenticated, auth.send_to_sign_in)
    furniture.install(app)
    app.extensions["phoihop-api"] = ProblemApi(app)
    app.add_url_rule("/health", view_func=health)
    app.add_url_rule("/", view_func=start)
    mount(app, api=[sign_in.tokens], pages=[sign_in.pages, docs.pages])
    return app


def mount(
    app: Flask,
    *,
    api: Iterable[ApiBlueprint] = (),
    pages: Iterable[Blueprint] = (),
    peers: Mapping[Blueprint, Authenticator] | None = None,
    links: Iterable[Link] = (),
) -> None:
    """Add what a service has: API resources, pages, peer endpoints with who may call them, header links.

    Every view asks for a user, unless it is marked `public`; a peer's blueprint asks its authenticator
    instead, which gives the party that speaks or None.
    """
    ours = cast("Face", app.extensions["phoihop"])
    for resource in api:
        cast("ProblemApi", app.extensions["phoihop-api"]).register_blueprint(resource)
    for peer, authenticator in (peers or {}).items():
        ours.authenticators[peer.name] = authenticator
        app.register_blueprint(peer)
    for page in pages:
        app.register_blueprint(page)
    ours.links.extend(links)


@public
def health() -> Response:
    """Alive, and nothing else: whoever may know more asks the status with a token."""
    return jsonify(status="ok")


def start() -> Response | str:
    """The first page of the navigation."""
    links = face().links
    if links:
        return cast("Response", redirect(url_for(links[0].endpoint), 303))
    return render_template("base.html")


def _begin() -> None:
    g.request_id = uuid.uuid4().hex
    g.began = time.perf_counter()


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    # Not “no-referrer”: with that, browsers send the sign-in form with “Origin: null”.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if not face().loopback:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint not in ("static", "api_pages.asset"):
        headers["Cache-Control"] = "no-store"
    headers["X-Request-Id"] = g.request_id
    _log_access(response)
    return response


def _log_access(response: Response) -> None:
    """One line of JSON. The route's pattern and the role, not the path, query or user: those are personal."""
    user = g.get("user")
    line = {
        "request": g.request_id,
        "method": request.method,
        "route": request.url_rule.rule if request.url_rule else None,
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.began) * 1000, 1),
        "office": user.office if user else None,
        "role": user.role.value if user else None,
        "peer": g.get("peer"),
    }
    access_log.info("%s", msgspec.json.encode(line).decode())
