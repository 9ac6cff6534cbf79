"""The columns of the workbook of released persons, and the words their cells may hold."""

from collections.abc import Mapping
from datetime import date

from shared.sheets import cells
from shared.sheets.cells import Cell, Kind, Parse
from shared.sheets.columns import Column
from shared.sheets.errors import Unreadable
from shared.sheets.text import clean, fold

_YES_NO = {"Có": True, "Không": False, "Yes": True, "No": False, "True": True, "False": False}
_GROUNDS = {
    "Chấp hành xong án phạt tù": "sentence_completed",
    "Đặc xá": "amnesty",
    "Tha tù trước thời hạn có điều kiện": "conditional_release",
    "Sentence completed": "sentence_completed",
    "Amnesty": "amnesty",
    "Conditional release": "conditional_release",
}
_SEX = {"Nam": "male", "Nữ": "female", "Male": "male", "Female": "female"}
_CONDUCT = {"Tốt": True, "Chưa tốt": False, "Good": True, "Not good": False}
_PURPOSES = {
    "Đào tạo nghề": "training",
    "Sản xuất kinh doanh": "production",
    "Training": "training",
    "Production": "production",
}
_KINDS = ("dackhu", "thitran", "phuong", "xa")  # of commune, folded: what a name may begin with
_CODE_LENGTH = 5


def person_columns(communes: Mapping[str, str], *, commune_required: bool) -> tuple[Column, ...]:
    """`communes`: 5-digit code to name; `commune_required`: whether the column *Xã* must be there (an office
    with a commune of its own needs none).

    A column that every row may leave empty, or that only some grounds need, may be missing altogether.
    """
    return (
        Column(
            key="full_name",
            headers=("Họ và tên", "Full name", "Name"),
            parse=cells.text,
            required_header=True,
        ),
        Column(key="birth", headers=("Ngày sinh", "Date of birth"), parse=cells.birth, required_header=True),
        Column(key="sex", headers=("Giới tính", "Gender"), parse=cells.choice(_SEX), required_header=True),
        Column(
            key="identity_number",
            headers=("Số định danh", "Personal identification number", "ID number"),
            # Province codes run from 001 to 096, so there are one or two leading zeros to lose to Excel. Three
            # lost would leave 9 digits: more likely an old 9-digit identity card, which is another number.
            parse=cells.digits(12, lost_zeros=2),
            required_header=True,
            sensitive=True,
        ),
        Column(key="hamlet", headers=("Thôn/tổ dân phố", "Hamlet"), parse=cells.text, required_header=True),
        Column(
            key="commune",
            headers=("Xã", "Commune"),
            parse=_commune(communes),
            required_header=commune_required,
        ),
        Column(
            key="ground",
            headers=("Diện", "Ground of release"),
            parse=cells.choice(_GROUNDS),
            required_header=True,
        ),
        Column(
            key="certificate_no",
            headers=("Số giấy chứng nhận", "Certificate number"),
            parse=cells.text,
            sensitive=True,
        ),
        Column(
            key="certificate_issued_on", headers=("Ngày cấp", "Date of issue", "Issued on"), parse=cells.day
        ),
        Column(key="completed_on", headers=("Ngày chấp hành xong", "Date of completion"), parse=cells.day),
        Column(key="probation_ends_on", headers=("Ngày hết thử thách", "End of probation"), parse=cells.day),
        Column(
            key="resident_since",
            headers=("Ngày về cư trú", "Date of residence"),
            parse=cells.day,
            required_header=True,
        ),
        Column(
            key="conduct_good",
            headers=("Chấp hành pháp luật", "Conduct", "Obeys the law"),
            parse=cells.choice(_CONDUCT),
            required_header=True,
        ),
        Column(
            key="social_evils",
            headers=("Tham gia tệ nạn xã hội", "Takes part in social evils"),
            parse=cells.choice(_YES_NO),
            required_header=True,
        ),
        Column(
            key="wants_loan",
            headers=("Nhu cầu vay", "Loan wanted"),
            parse=cells.choice(_YES_NO),
            required_header=True,
        ),
        Column(key="purpose", headers=("Mục đích", "Loan purpose"), parse=cells.choice(_PURPOSES)),
        Column(key="amount", headers=("Số tiền", "Loan amount"), parse=cells.vnd),
        Column(key="study_months", headers=("Số tháng học", "Months of study"), parse=cells.integer),
        Column(key="note", headers=("Ghi chú", "Notes"), parse=cells.text),
    )


def shown(key: str, value: date | str | None) -> str:
    """A recorded fact as an officer would write it into the column `key`, in Vietnamese."""
    words = {code: word for word, code in reversed([*_GROUNDS.items(), *_SEX.items()])}
    if isinstance(value, str):
        value = words.get(value, value) if key in ("ground", "sex") else value
        value = date.fromisoformat(value) if key == "birth" and len(value) > 4 else value
    if isinstance(value, date):
        return f"{value:%d/%m/}{value.year:04}"
    return value or "–"


def _commune(communes: Mapping[str, str]) -> Parse:
    """A code, or a name with or without its kind (xã, phường, đặc khu). A name that two communes share once
    diacritics are gone must be written with them; if they still share it, by code."""
    by_name: dict[str, set[str]] = {}
    for code, name in communes.items():
        for form in (name, _kindless(name)):
            by_name.setdefault(fold(form), set()).add(code)
    expected = ", ".join(f"{code} {name}" for code, name in list(communes.items())[:10])

    def parse(cell: Cell) -> str:
        written = cells.text(cell)
        # Excel drops the zeros of 00123; the list of codes is closed, so giving them back is safe.
        code = written.zfill(_CODE_LENGTH) if cell.kind is Kind.NUMBER else written
        if code in communes:
            return code
        found = by_name.get(fold(written)) or by_name.get(fold(_kindless(written)), set())
        if len(found) > 1:
            exact = _kindless(written).casefold()
            found = {code for code in found if _kindless(communes[code]).casefold() == exact}
        if len(found) != 1:
            raise Unreadable("choice_unknown", expected=expected)
        return next(iter(found))

    return parse


def _kindless(name: str) -> str:
    words = clean(name).split()
    for length in (2, 1):
        if len(words) > length and fold("".join(words[:length])) in _KINDS:
            return " ".join(words[length:])
    return " ".join(words)
