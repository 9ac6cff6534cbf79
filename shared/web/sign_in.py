"""Signing in and out: a token for programs, the same token in a cookie for browsers."""

import re
from datetime import timedelta
from typing import Any, cast

import marshmallow as ma
from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from shared.agreement.errors import DomainError
from shared.web.api import ApiBlueprint
from shared.web.auth import check_origin, presented_token, public
from shared.web.face import face
from shared.web.identity import WrongCredentials
from shared.web.throttle import TooManyAttempts

tokens = ApiBlueprint("tokens", __name__, url_prefix="/api/tokens", description="Đăng nhập")
pages = Blueprint("sign_in", __name__)

# Browsers read "//host" and "/\\host" as another site.
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,500}")


class CredentialsSchema(ma.Schema):
    username = ma.fields.String(required=True, validate=ma.validate.Length(min=1, max=64))
    password = ma.fields.String(required=True, load_only=True, validate=ma.validate.Length(min=1, max=512))


class TokenSchema(ma.Schema):
    token = ma.fields.String(required=True)
    expires = ma.fields.AwareDateTime(required=True, format="iso", metadata={"description": "UTC"})


@tokens.route("", methods=["POST"])
@public
@tokens.doc(security=[], summary="Lấy mã truy cập")
@tokens.arguments(CredentialsSchema)
@tokens.response(201, TokenSchema)
@tokens.alt_response(401, "UNAUTHORIZED")
@tokens.alt_response(429, "TOO_MANY_REQUESTS")
def issue(credentials: dict[str, str]) -> dict[str, Any]:
    users, now = face().users, face().machine_clock()
    token = users.sign_in(credentials["username"], credentials["password"], now)
    return {"token": token, "expires": now + users.lifetime}


@tokens.route("/current", methods=["DELETE"])
@tokens.doc(summary="Hủy mã truy cập đang dùng")
@tokens.response(204)
def revoke() -> Response:
    face().users.sign_out(presented_token() or "")
    return Response(status=204)


@pages.get("/sign-in")
@public
def page() -> Response:
    goal = _own_path(request.args.get("next", ""))
    if g.user is not None:
        return cast("Response", redirect(goal, 303))
    return make_response(render_template("signin.html", next=goal, username="", refusal=None))


@pages.post("/sign-in")
@public
def sign_in() -> Response:
    check_origin()
    users, now = face().users, face().machine_clock()
    username, goal = request.form.get("username", "")[:64], _own_path(request.form.get("next", ""))
    try:
        token = users.sign_in(username, request.form.get("password", ""), now)
    except (WrongCredentials, TooManyAttempts) as refusal:
        return _again(refusal, username, goal)
    response = cast("Response", redirect(goal, 303))
    _set_cookie(response, token, users.lifetime)
    return response


@pages.post("/sign-out")
@public
def sign_out() -> Response:
    check_origin()
    face().users.sign_out(presented_token(any_method=True) or "")
    response = cast("Response", redirect(url_for("sign_in.page"), 303))
    _set_cookie(response, "", timedelta(0))
    return response


def _again(refusal: DomainError, username: str, goal: str) -> Response:
    response = make_response(
        render_template("signin.html", next=goal, username=username, refusal=refusal.message_vi)
    )
    response.status_code = refusal.status
    if isinstance(refusal, TooManyAttempts):
        response.headers["Retry-After"] = str(refusal.retry_after)
    else:
        response.headers["WWW-Authenticate"] = f'Bearer realm="phoihop-{face().agency}"'
    return response


def _set_cookie(response: Response, token: str, lifetime: timedelta) -> None:
    response.set_cookie(
        face().cookie,
        token,
        max_age=lifetime,
        path="/",
        secure=not face().loopback,
        httponly=True,
        samesite="Strict",
    )


def _own_path(goal: str) -> str:
    """Where to go after signing in; never to another site, however the address is disguised."""
    return goal if _OWN_PATH.fullmatch(goal) else url_for("start")
