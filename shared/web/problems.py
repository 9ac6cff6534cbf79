"""Whatever goes wrong is told as an RFC 9457 problem: JSON to programs, a page to people."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from eventsourcing.persistence import OperationalError
from flask import Flask, Response, g, json, make_response, render_template, request
from werkzeug.exceptions import HTTPException, SecurityError

from shared.agreement.errors import DomainError, FieldError, InvalidInput, Unavailable
from shared.web.face import face
from shared.web.validation import field_errors

log = logging.getLogger("phoihop.web")

MAX_ERRORS = 100  # fields named in one answer

TITLES: dict[int, tuple[str, str]] = {
    400: ("Yêu cầu không đúng dạng", "Bad request"),
    401: ("Chưa đăng nhập", "Not signed in"),
    403: ("Không có quyền", "Not allowed"),
    404: ("Không tìm thấy", "Not found"),
    405: ("Không dùng được phương thức này", "Method not allowed"),
    406: ("Không có dạng trả lời được yêu cầu", "Not acceptable"),
    409: ("Không thực hiện được", "Refused"),
    412: ("Dữ liệu đã thay đổi", "Changed meanwhile"),
    413: ("Nội dung quá lớn", "Content too large"),
    415: ("Loại nội dung không được nhận", "Unsupported media type"),
    422: ("Dữ liệu chưa hợp lệ", "Not valid"),
    428: ("Thiếu phiên bản đang xem", "Precondition required"),
    429: ("Quá nhiều lần thử", "Too many requests"),
    500: ("Lỗi hệ thống", "Internal error"),
    503: ("Tạm thời chưa phục vụ được", "Unavailable"),
}
# For what Flask refuses by itself; refusals of our own bring their sentence.
DETAILS: dict[int, tuple[str, str]] = {
    404: ("Không có gì ở địa chỉ này.", "There is nothing at this address."),
    405: ("Địa chỉ này không nhận phương thức đã dùng.", "This address does not take the method used."),
    413: ("Nội dung gửi lên vượt mức cho phép.", "The request is longer than is taken here."),
}


def install(app: Flask) -> None:
    app.register_error_handler(DomainError, on_refusal)
    app.register_error_handler(HTTPException, on_http_error)
    app.register_error_handler(OperationalError, on_store_trouble)
    app.register_error_handler(Exception, on_crash)


def on_refusal(error: DomainError) -> Response:
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = f'Bearer realm="phoihop-{face().agency}"'
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return problem(
        error.status,
        error.code,
        error.message_en if _english() else error.message_vi,
        errors=error.errors if isinstance(error, InvalidInput) else (),
        headers=headers,
        rule=error.rule,
        facts=error.facts or None,
    )


def on_store_trouble(error: OperationalError) -> Response:
    """Whether it was recorded may be unknown; sent again with its key, a command is carried out once."""
    log.warning("request %s: the store is away: %s", g.get("request_id"), error)
    return on_refusal(
        Unavailable(
            "Nơi lưu dữ liệu tạm thời không trả lời. Hãy gửi lại yêu cầu, với cùng khóa nếu có.",
            "The store does not answer just now. Send the request again, with the same key if it has one.",
        )
    )


def on_http_error(error: HTTPException) -> Response:
    if error.response is not None:  # somebody aborted with an answer of his own
        return make_response(error.response)
    status = error.code or 500
    messages = getattr(error, "data", {}).get("messages")
    if messages and status in (400, 422):
        return on_refusal(InvalidInput(*field_errors(messages, MAX_ERRORS)))
    kept = {k: v for k, v in error.get_headers() if k not in ("Content-Type", "Content-Length")}
    vi, en = DETAILS.get(status) or TITLES.get(status, (error.name, error.name))
    return problem(status, _code(error.name), en if _english() else vi, headers=kept)


def on_crash(error: Exception) -> Response:
    """Nothing of the error leaves the machine but a number to ask about."""
    incident = uuid.uuid4().hex
    log.error("incident %s in request %s", incident, g.get("request_id"), exc_info=error)
    vi = f"Hệ thống gặp lỗi, chưa ghi nhận được yêu cầu. Khi báo lỗi, hãy nêu mã sự cố {incident}."
    en = f"The system failed. When you report it, give the incident number {incident}."
    return problem(500, "internal_error", en if _english() else vi, incident=incident)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """A problem as the asker can read it. `members` that are None are left out."""
    english = _english()
    vi, en = TITLES.get(status, (code, code))
    content: dict[str, Any] = {
        "type": f"urn:phoihop:problem:{code}",
        "title": en if english else vi,
        "status": status,
        "detail": detail,
        "instance": f"urn:phoihop:request:{g.get('request_id', 'unknown')}",
        "code": code,
        **{name: value for name, value in members.items() if value is not None},
    }
    if errors:
        content["errors"] = [
            {"pointer": e.pointer, "code": e.code, "message": e.message_en if english else e.message_vi}
            for e in errors
        ]
    if wants_page():
        response = make_response(render_template("problem.html", problem=content))
    else:
        response = Response(json.dumps(content), mimetype="application/problem+json")
        response.headers["Content-Language"] = "en" if english else "vi"
    response.status_code = status
    response.headers.update(headers or {})
    response.vary.update(("Accept", "Accept-Language"))
    return response


def wants_page() -> bool:
    """Whether a person looks at the answer. The API and peers always get JSON."""
    path = request.path
    if path == "/api" or (path.startswith("/api/") and not path.startswith("/api/docs")):
        return False
    if any(name in face().authenticators for name in request.blueprints):
        return False
    if isinstance(request.routing_exception, SecurityError):  # asked for another host: no page has an address
        return False
    kinds = ("text/html", "application/problem+json", "application/json")
    return request.accept_mimetypes.best_match(kinds, default="text/html") == "text/html"


def _english() -> bool:
    if wants_page():  # in Vietnamese throughout; half a page in English helps nobody
        return False
    for tag, quality in request.accept_languages:  # the most wanted first
        language = tag.partition("-")[0].lower()
        if language in ("vi", "en") and quality > 0:
            return language == "en"
    return False


def _code(name: str) -> str:
    return name.lower().replace(" ", "_").replace("'", "")
