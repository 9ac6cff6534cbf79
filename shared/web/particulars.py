"""What a user's record and password must be like."""

import re
import unicodedata

from shared.agreement.acting import User
from shared.agreement.errors import FieldError

MIN_PASSWORD = 10  # characters
MAX_PASSWORD = 128  # longer input would only feed the hash

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_OFFICE = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,5}")


def wrong_in_user(user: User) -> tuple[FieldError, ...]:
    wrong = []
    if not _USERNAME.fullmatch(user.username):
        wrong.append(
            FieldError(
                "/username",
                "bad_username",
                f"«{user.username}» phải có 2–32 ký tự a–z, 0–9, dấu chấm, gạch nối hoặc gạch dưới.",
                f"“{user.username}” must be 2–32 characters: a–z, 0–9, dot, hyphen or underscore.",
            )
        )
    if not _OFFICE.fullmatch(user.office) or len(user.office) > 64:
        wrong.append(
            FieldError(
                "/office",
                "bad_office",
                f"«{user.office}» không phải mã cơ quan, ví dụ ca-hoadong.",
                f"“{user.office}” is not an office code such as ca-hoadong.",
            )
        )
    wrong.extend(
        FieldError(pointer, "bad_text", "Phải có 1–100 ký tự in được.", "Must be 1–100 printable characters.")
        for pointer, text in (("/name", user.name), ("/title", user.title))
        if not 1 <= len(text) <= 100 or not text.isprintable()
    )
    return tuple(wrong)


def wrong_in_password(password: str, username: str) -> tuple[FieldError, ...]:
    typed = plain(password)
    if not MIN_PASSWORD <= len(typed) <= MAX_PASSWORD:
        vi, en = (
            f"Mật khẩu phải có {MIN_PASSWORD}–{MAX_PASSWORD} ký tự.",
            f"A password has {MIN_PASSWORD}–{MAX_PASSWORD} characters.",
        )
        return (FieldError("/password", "bad_password_length", vi, en),)
    if username in typed.lower() or len(set(typed)) < 4:
        vi, en = (
            "Mật khẩu không được chứa tên đăng nhập và phải có ít nhất 4 ký tự khác nhau.",
            "A password does not contain the username and has at least 4 different characters.",
        )
        return (FieldError("/password", "weak_password", vi, en),)
    return ()


def tidy(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def plain(password: str) -> str:
    """The same password typed on another keyboard has the same bytes; cut, so that no request is costly."""
    return unicodedata.normalize("NFC", password[: MAX_PASSWORD * 4])
