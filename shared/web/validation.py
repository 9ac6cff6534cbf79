"""marshmallow's complaints, as field errors: a pointer, a stable code, and a sentence in both languages."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from shared.agreement.errors import FieldError, FieldMessage

# The library's English template, our code, our Vietnamese. The first that matches counts.
_WORDINGS = (
    ("Missing data for required field.", "required", "Thiếu thông tin bắt buộc."),
    ("Field may not be null.", "null", "Không được để trống."),
    ("Unknown field.", "unknown_field", "Không có trường này."),
    ("Invalid input type.", "wrong_type", "Không đúng kiểu dữ liệu."),
    ("Invalid type.", "wrong_type", "Không đúng kiểu dữ liệu."),
    ("Not a valid list.", "not_a_list", "Phải là danh sách."),
    ("Not a valid mapping type.", "not_an_object", "Phải là đối tượng."),
    ("Not a valid string.", "not_a_string", "Phải là chuỗi ký tự."),
    ("Not a valid UUID.", "not_a_uuid", "Phải là mã UUID."),
    ("Not a valid number.", "not_a_number", "Phải là số."),
    ("Not a valid integer.", "not_an_integer", "Phải là số nguyên."),
    ("Not a valid boolean.", "not_a_boolean", "Phải là true (có) hoặc false (không)."),
    ("Not a valid date.", "not_a_date", "Phải là ngày có thật, dạng yyyy-mm-dd."),
    ("Not a valid datetime.", "not_a_datetime", "Phải là thời điểm có thật theo ISO 8601."),
    ("Not a valid {awareness} datetime.", "not_a_datetime", "Thời điểm phải ghi kèm múi giờ."),
    ("Number too large.", "too_large", "Số quá lớn."),
    ("Must be one of: {choices}.", "not_among", "Phải là một trong: {choices}."),
    ("Length must be between {min} and {max}.", "bad_length", "Độ dài phải từ {min} đến {max}."),
    ("Length must be {equal}.", "bad_length", "Độ dài phải đúng {equal}."),
    ("Shorter than minimum length {min}.", "too_short", "Độ dài phải ít nhất {min}."),
    ("Longer than maximum length {max}.", "too_long", "Độ dài chỉ được đến {max}."),
    (
        "Must be greater than or equal to {min} and less than or equal to {max}.",
        "out_of_range",
        "Phải từ {min} đến {max}.",
    ),
    ("Must be greater than or equal to {min}.", "too_small", "Phải từ {min} trở lên."),
    ("Must be greater than {min}.", "too_small", "Phải lớn hơn {min}."),
    ("Must be less than or equal to {max}.", "too_large", "Phải từ {max} trở xuống."),
    ("Must be less than {max}.", "too_large", "Phải nhỏ hơn {max}."),
    ("Must be equal to {other}.", "not_equal", "Phải bằng {other}."),
    ("String does not match expected pattern.", "bad_pattern", "Không đúng dạng quy định."),
    ("{any}", "invalid", "Giá trị không hợp lệ."),
)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    text = (re.escape(p) if i % 2 == 0 else f"(?P<{p}>.*)" for i, p in enumerate(parts))
    return re.compile("".join(text), re.DOTALL)


_RULES = tuple((_pattern(template), code, vi) for template, code, vi in _WORDINGS)


def field_errors(messages: Mapping[str, Any], limit: int) -> list[FieldError]:
    """From webargs' messages by location, `{"json": {"amount": ["Not a valid integer."]}}`."""
    found = (error for tree in messages.values() for error in _walk(tree, ""))
    return list(islice(found, limit))


def _walk(tree: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            # "_schema": a rule about the whole; "key" and "value": marshmallow's layers inside a Dict
            inner = pointer if key == "_schema" else f"{pointer}/{_escaped(str(key))}"
            yield from _walk(branch, inner)
    elif isinstance(tree, list):
        for message in tree:
            yield from _walk(message, pointer)
    else:
        yield _field_error(pointer, tree if isinstance(tree, str) else str(tree))


def _field_error(pointer: str, message: str) -> FieldError:
    if isinstance(message, FieldMessage):
        return FieldError(pointer, message.code, str(message), message.en)
    matches = ((pattern.fullmatch(message), code, vi) for pattern, code, vi in _RULES)
    found, code, vi = next((found, code, vi) for found, code, vi in matches if found)
    return FieldError(pointer, code, vi.format(**found.groupdict()), message)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
