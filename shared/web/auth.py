"""How a request is authenticated, and what it may do then.

Everything is closed unless its view is marked `public`. Programs send `Authorization: Bearer`; browsers
hold the same token in a cookie, which counts for safe methods only: a form on a foreign page can therefore
never give a command. Peers authenticate by a function of their own, per blueprint (`Face.authenticators`).
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import Response, current_app, g, redirect, request, url_for

from shared.agreement.acting import Role, User
from shared.agreement.errors import DomainError, Forbidden
from shared.web import problems
from shared.web.face import face

P = ParamSpec("P")
R = TypeVar("R")

ROLES_VI = {
    Role.OFFICER: "cán bộ",
    Role.LEADER: "lãnh đạo",
    Role.AUDITOR: "kiểm tra viên",
    Role.ADMINISTRATOR: "quản trị viên",
}


class Unauthenticated(DomainError):
    code = "unauthenticated"
    status = 401

    def __init__(self, *, expired: bool = False) -> None:
        if expired:
            vi, en = "Phiên đăng nhập không còn hiệu lực.", "The token is not, or no longer, valid."
        else:
            vi, en = "Hãy đăng nhập trước.", "Sign in first."
        super().__init__(vi, en)


class WrongRole(Forbidden):
    code = "wrong_role"

    def __init__(self, needed: tuple[Role, ...], actual: Role) -> None:
        vi, en = " hoặc ".join(ROLES_VI[r] for r in needed), " or ".join(needed)
        super().__init__(
            f"Việc này cần vai trò {vi}; vai trò của bạn là {ROLES_VI[actual]}.",
            f"This needs the role {en}; yours is {actual}.",
            needed=" ".join(needed),
            actual=actual.value,
        )


class PlainHttp(Forbidden):
    code = "https_required"

    def __init__(self) -> None:
        super().__init__("Chỉ nhận kết nối HTTPS.", "Only HTTPS is accepted here.")


class ForeignOrigin(Forbidden):
    code = "foreign_origin"

    def __init__(self) -> None:
        super().__init__(
            "Biểu mẫu phải được gửi từ chính trang này.", "The form must be sent from this very site."
        )


def public(view: Callable[P, R]) -> Callable[P, R]:
    """View decorator, next to the function: no authentication is asked."""
    view.phoihop_public = True  # type: ignore[attr-defined]
    return view


def require(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """View decorator: only users with one of these roles. Others get 403 naming the roles."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            role = current_user().role
            if role not in roles:
                raise WrongRole(roles, role)
            return view(*args, **kwargs)

        return guarded

    return decorate


def current_user() -> User:
    """Who is signed in. Raises Unauthenticated."""
    user = cast("User | None", g.get("user"))
    if user is None:
        raise Unauthenticated
    return user


def current_peer() -> str:
    """The party that speaks on a peer endpoint. Raises Unauthenticated elsewhere."""
    peer = cast("str | None", g.get("peer"))
    if peer is None:
        raise Unauthenticated
    return peer


def authenticate() -> None:
    """Runs before every request: sets `g.user` or `g.peer`, and lets nobody else past a closed view."""
    g.user = g.peer = None
    unknown, open_to_all = request.routing_exception is not None, _is_public()
    if not (face().loopback or request.is_secure or open_to_all or unknown):
        raise PlainHttp
    for name in request.blueprints:
        if name in face().authenticators:
            g.peer = face().authenticators[name](request)
            if g.peer is None:
                raise Unauthenticated(expired="Authorization" in request.headers)
            return
    token = presented_token()
    if token is not None:
        g.user = face().users.user_of(token, face().machine_clock())
    if g.user is None and not (open_to_all or unknown):
        raise Unauthenticated(expired=token is not None)


def presented_token(*, any_method: bool = False) -> str | None:
    """The bearer token, else (for safe methods, or where the form's origin was checked) the cookie's."""
    if request.authorization is not None or "Authorization" in request.headers:
        sent = request.authorization
        return sent.token or "" if sent is not None and sent.type == "bearer" else ""
    if any_method or request.method in ("GET", "HEAD", "OPTIONS"):
        return request.cookies.get(face().cookie)
    return None


def check_origin() -> None:
    """For the two forms that a browser may send. Raises ForeignOrigin unless it comes from our own page."""
    site = request.headers.get("Sec-Fetch-Site")
    # An older browser, or no browser, sends none; then the origin must be spelt out.
    spelt_out = site is None and request.headers.get("Origin") == request.host_url.rstrip("/")
    if not (site == "same-origin" or spelt_out):
        raise ForeignOrigin


def send_to_sign_in(error: Unauthenticated) -> Response:
    """A person is led to the sign-in page and back; a program gets the problem."""
    if problems.wants_page() and request.method in ("GET", "HEAD"):
        here = request.full_path if request.query_string else request.path
        return cast("Response", redirect(url_for("sign_in.page", next=here), 303))
    return problems.on_refusal(error)


def _is_public() -> bool:
    if request.endpoint == "static":  # the stylesheet; no facts in it
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "phoihop_public", False) is True
