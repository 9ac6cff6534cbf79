"""The workbook of released persons, row by row."""
# ruff: noqa: DTZ001 (a date in a workbook has no time zone)

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from services.police.intake.check import CheckedRow, check_rows, match_key, particulars_key
from shared.sheets.errors import SheetRefused
from shared.sheets.limits import Limits

TODAY = date(2026, 3, 5)
COMMUNES = {"99901": "Xã Hòa Đông", "99902": "Xã Hòa Đồng", "00123": "Phường Suối Mơ", "99903": "Xã Xa Dung"}
COMPLETED: dict[str, Any] = {
    "Họ và tên": "Nguyễn Văn Giả Định",
    "Ngày sinh": "02/03/1985",
    "Giới tính": "Nam",
    "Số định danh": "999085000123",
    "Thôn/tổ dân phố": "Thôn Một",
    "Xã": "99901",
    "Diện": "Chấp hành xong án phạt tù",
    "Số giấy chứng nhận": "0123/GCN",
    "Ngày cấp": date(2024, 5, 10),
    "Ngày chấp hành xong": "10/05/2024",
    "Ngày hết thử thách": None,
    "Ngày về cư trú": "2024-05-12",
    "Chấp hành pháp luật": "tốt",
    "Tham gia tệ nạn xã hội": "không",
    "Nhu cầu vay": "có",
    "Mục đích": "sản xuất kinh doanh",
    "Số tiền": "50.000.000",
    "Số tháng học": None,
    "Ghi chú": "mẹ già",
}
CONDITIONAL = {
    **COMPLETED,
    "Diện": "tha tù trước thời hạn có điều kiện",
    "Số giấy chứng nhận": None,
    "Ngày cấp": None,
    "Ngày chấp hành xong": None,
    "Ngày hết thử thách": "31/01/2027",
}


def written(path: Path, *rows: dict[str, Any]) -> Path:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append([row.get(header) for header in rows[0]])
    book.save(path)
    return path


def checked(
    path: Path, default: str | None = None, communes: dict[str, str] | None = None
) -> list[CheckedRow]:
    return list(check_rows(path, today=TODAY, communes=communes or COMMUNES, default_commune=default))


def one(tmp_path: Path, base: dict[str, Any], **changes: Any) -> CheckedRow:
    row = {**base, **{header.replace("_", " "): value for header, value in changes.items()}}
    (found,) = checked(written(tmp_path / "a.xlsx", row))
    return found


def data(tmp_path: Path, base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    found = one(tmp_path, base, **changes)
    assert found.data is not None, found.errors
    return found.data


def wrong(rows: Iterable[CheckedRow]) -> list[tuple[int | None, str, str, str]]:
    for row in rows:
        assert (row.data is None) == bool(row.errors)
    return [(error.row, error.column, error.value, error.code) for row in rows for error in row.errors]


def test_a_full_row_becomes_the_command(tmp_path: Path) -> None:
    assert one(tmp_path, COMPLETED) == CheckedRow(
        2,
        {
            "full_name": "Nguyễn Văn Giả Định",
            "birth": "1985-03-02",
            "sex": "male",
            "identity_number": "999085000123",
            "hamlet": "Thôn Một",
            "commune": "99901",
            "ground": "sentence_completed",
            "certificate_no": "0123/GCN",
            "certificate_issued_on": date(2024, 5, 10),
            "completed_on": date(2024, 5, 10),
            "probation_ends_on": None,
            "resident_since": date(2024, 5, 12),
            "conduct_good": True,
            "social_evils": False,
            "wants_loan": True,
            "purpose": "production",
            "amount": 50_000_000,
            "study_months": None,
            "note": "mẹ già",
        },
    )


def test_a_row_in_english_says_the_same(tmp_path: Path) -> None:
    english = {
        "full name": COMPLETED["Họ và tên"],
        "Date of birth": datetime(1985, 3, 2),
        "SEX": "male",
        "Identity number": "999 085 000 123",
        "hamlet": "Thôn Một",
        "Commune": "hòa  ĐÔNG",
        "ground": "sentence completed",
        "Certificate No.": "0123/GCN",
        "Certificate issued on": "2024-05-10",
        "Completed on": "2024-05-10",
        "Resident since": "2024-05-12",
        "Conduct good": "good",
        "Social evils": "no",
        "Wants loan": True,
        "Purpose": "production",
        "Amount": 50_000_000,
        "Note": "mẹ già",
    }
    (row,) = checked(written(tmp_path / "english.xlsx", english))
    assert row.data == data(tmp_path, COMPLETED)


def test_a_csv_says_the_same(tmp_path: Path) -> None:
    row = {
        header: f"{value:%d/%m/%Y}" if isinstance(value, date) else value
        for header, value in COMPLETED.items()
    }
    lines = [";".join(row), ";".join("" if value is None else value for value in row.values())]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    assert checked(tmp_path / "a.csv")[0].data == data(tmp_path, COMPLETED)


def test_decomposed_unicode_says_the_same(tmp_path: Path) -> None:
    row = {
        unicodedata.normalize("NFD", header): unicodedata.normalize("NFD", value)
        if isinstance(value, str)
        else value
        for header, value in COMPLETED.items()
    }
    (found,) = checked(written(tmp_path / "nfd.xlsx", row))
    assert found.data == data(tmp_path, COMPLETED)


def test_a_conditional_release_is_read_without_certificate(tmp_path: Path) -> None:
    found = data(tmp_path, CONDITIONAL)
    assert (found["ground"], found["probation_ends_on"]) == ("conditional_release", date(2027, 1, 31))


def test_a_birth_year_alone_is_kept_as_such(tmp_path: Path) -> None:
    assert data(tmp_path, COMPLETED, Ngày_sinh=1985)["birth"] == "1985"
    assert data(tmp_path, COMPLETED, Ngày_sinh="1985")["birth"] == "1985"


def test_a_year_that_excel_took_for_a_day_number_is_noticed(tmp_path: Path) -> None:
    found = one(
        tmp_path, COMPLETED, Ngày_sinh=datetime(1905, 6, 7)
    )  # 1985 typed into a cell formatted as date
    assert wrong([found]) == [(2, "Ngày sinh", "07/06/1905", "birth_too_long_ago")]


def test_an_identity_number_that_excel_made_a_number_is_restored(tmp_path: Path) -> None:
    assert data(tmp_path, COMPLETED, Số_định_danh=99085000123)["identity_number"] == "099085000123"
    assert data(tmp_path, COMPLETED, Số_định_danh=1085000123)["identity_number"] == "001085000123"


def test_an_identity_number_may_be_empty(tmp_path: Path) -> None:
    assert data(tmp_path, COMPLETED, Số_định_danh=None)["identity_number"] is None


def test_identity_and_certificate_numbers_are_masked_in_errors(tmp_path: Path) -> None:
    found = one(tmp_path, COMPLETED, Số_định_danh="99908500012", Số_giấy_chứng_nhận="9" * 61)
    assert wrong([found]) == [
        (2, "Số định danh", "********012", "digits_wrong"),
        (2, "Số giấy chứng nhận", "*" * 58 + "999", "too_long"),
    ]


def test_a_commune_is_named_by_code_or_by_name(tmp_path: Path) -> None:
    for value, code in {
        "99902": "99902",
        99902: "99902",
        123: "00123",
        "Xã Hòa Đông": "99901",
        "xã hòa đồng": "99902",
        "suoi mo": "00123",
        "Phường Suối Mơ": "00123",
        "xa Dung": "99903",
        "XA XA DUNG": "99903",
    }.items():
        assert data(tmp_path, COMPLETED, Xã=value)["commune"] == code, value


@pytest.mark.parametrize("value", ["Xã Xa Lạ", "99909", "hoa dong", "Đông", 7.5])
def test_an_unknown_or_ambiguous_commune_is_an_error_of_its_row(tmp_path: Path, value: Any) -> None:
    found = one(tmp_path, COMPLETED, Xã=value)
    assert [(column, code) for _, column, _, code in wrong([found])] == [
        ("Xã", "text_expected" if value == 7.5 else "choice_unknown")
    ]


def test_the_commune_may_be_left_out_when_the_office_has_one(tmp_path: Path) -> None:
    without = {header: value for header, value in COMPLETED.items() if header != "Xã"}
    (found,) = checked(written(tmp_path / "a.xlsx", without), default="99902")
    assert found.data is not None and found.data["commune"] == "99902"
    (found,) = checked(written(tmp_path / "b.xlsx", {**COMPLETED, "Xã": None}), default="99902")
    assert found.data is not None and found.data["commune"] == "99902"


def test_the_commune_is_asked_for_when_the_office_has_several(tmp_path: Path) -> None:
    without = {header: value for header, value in COMPLETED.items() if header != "Xã"}
    with pytest.raises(SheetRefused) as refused:
        checked(written(tmp_path / "a.xlsx", without))
    assert [(error.column, error.code) for error in refused.value.errors] == [("Xã", "header_missing")]
    assert wrong([one(tmp_path, COMPLETED, Xã=None)]) == [(2, "Xã", "", "required")]


def test_a_default_commune_nobody_knows_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="99999"):
        checked(written(tmp_path / "a.xlsx", COMPLETED), default="99999")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Ngày_sinh": "11/05/2024"}, ("Ngày sinh", "11/05/2024", "birth_after_release")),
        ({"Ngày_sinh": "31/02/1985"}, ("Ngày sinh", "31/02/1985", "date_impossible")),
        (
            {"Ngày_về_cư_trú": datetime(2024, 5, 12, 8)},
            ("Ngày về cư trú", "12/05/2024 08:00", "date_has_time"),
        ),
        ({"Ngày_chấp_hành_xong": None}, ("Ngày chấp hành xong", "", "required_for_ground")),
        ({"Ngày_hết_thử_thách": "31/01/2027"}, ("Ngày hết thử thách", "31/01/2027", "not_for_ground")),
        ({"Diện": "được ân xá"}, ("Diện", "được ân xá", "choice_unknown")),
        ({"Diện": None}, ("Diện", "", "required")),
        ({"Họ_và_tên": "Nguyễn Văn 2"}, ("Họ và tên", "Nguyễn Văn 2", "bad_name")),
        ({"Số_tiền": "50.00"}, ("Số tiền", "50.00", "amount_fraction")),
        ({"Số_tiền": "=50*1000000"}, ("Số tiền", "=50*1000000", "cell_formula")),
        ({"Số_tiền": None}, ("Số tiền", "", "required_for_loan")),
        ({"Nhu_cầu_vay": "có thể"}, ("Nhu cầu vay", "có thể", "choice_unknown")),
        ({"Mục_đích": "đào tạo nghề"}, ("Số tháng học", "", "required_for_training")),
        ({"Số_tháng_học": 9}, ("Số tháng học", "9", "only_for_training")),
        ({"Chấp_hành_pháp_luật": None}, ("Chấp hành pháp luật", "", "required")),
    ],
)
def test_a_fault_in_a_row_names_row_header_value_and_code(
    tmp_path: Path, changes: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    assert wrong([one(tmp_path, COMPLETED, **changes)]) == [(2, *expected)]


def test_completion_in_the_future_is_refused(tmp_path: Path) -> None:
    found = one(tmp_path, COMPLETED, Ngày_chấp_hành_xong="06/03/2026", Ngày_cấp="06/03/2026")
    assert [code for *_, code in wrong([found])] == ["date_in_future", "date_in_future"]


def test_29_february_is_a_day_in_leap_years(tmp_path: Path) -> None:
    leap = {"Ngày_chấp_hành_xong": "29/02/2024", "Ngày_cấp": "29/02/2024", "Ngày_về_cư_trú": "29/02/2024"}
    assert data(tmp_path, COMPLETED, **leap)["completed_on"] == date(2024, 2, 29)


def test_training_is_read_with_its_months(tmp_path: Path) -> None:
    found = data(tmp_path, COMPLETED, Mục_đích="đào tạo nghề", Số_tháng_học=9, Số_tiền="36.000.000")
    assert (found["purpose"], found["study_months"], found["amount"]) == ("training", 9, 36_000_000)


def test_every_fault_of_a_row_is_told_and_an_unreadable_cell_is_not_missing_as_well(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        COMPLETED,
        Ngày_sinh="x",
        Số_tiền="x",
        Giới_tính=None,
        Họ_và_tên="7",
        Ngày_chấp_hành_xong="x",
    )
    assert {(column, code) for _, column, _, code in wrong([found])} == {
        ("Ngày sinh", "date_not_understood"),
        ("Số tiền", "amount_not_understood"),
        ("Ngày chấp hành xong", "date_not_understood"),
        ("Giới tính", "required"),
        ("Họ và tên", "bad_name"),
    }


def test_rules_across_fields_are_told_even_where_another_cell_is_unreadable(tmp_path: Path) -> None:
    found = one(tmp_path, COMPLETED, Ngày_sinh="x", Mục_đích=None, Ngày_cấp="01/01/2024")
    assert {(column, code) for _, column, _, code in wrong([found])} == {
        ("Ngày sinh", "date_not_understood"),
        ("Mục đích", "required_for_loan"),
        ("Ngày cấp", "certificate_before_completion"),
    }


def test_errors_can_be_read_in_both_languages(tmp_path: Path) -> None:
    (error,) = one(tmp_path, COMPLETED, Ngày_sinh="11/05/2024").errors
    assert error.message.said("vi").startswith("Ngày sinh sau")
    assert error.message.said("en").startswith("Born after")


def test_of_two_equal_identity_numbers_the_later_row_is_refused(tmp_path: Path) -> None:
    other = {**COMPLETED, "Họ và tên": "Trần Thị Khác", "Số giấy chứng nhận": "9/GCN"}
    rows = checked(written(tmp_path / "a.xlsx", COMPLETED, {}, other))
    assert rows[0].data is not None
    assert wrong(rows) == [(4, "Số định danh", "*********123", "duplicate_in_file")]
    assert "dòng 2" in rows[1].errors[0].message.vi and "row 2" in rows[1].errors[0].message.en


def test_without_numbers_equal_name_birth_and_certificate_are_one_person(tmp_path: Path) -> None:
    first = {**COMPLETED, "Số định danh": None}
    same = {**first, "Họ và tên": "NGUYỄN VĂN  GIẢ ĐỊNH", "Số giấy chứng nhận": "0123 / gcn"}
    different = [
        {**first, "Họ và tên": "Nguyễn Vân Giả Định"},
        {**first, "Ngày sinh": 1985},
        {**first, "Số giấy chứng nhận": "0124/GCN"},
    ]
    rows = checked(written(tmp_path / "a.xlsx", first, same, *different))
    assert wrong(rows) == [(3, "Họ và tên", "NGUYỄN VĂN GIẢ ĐỊNH", "duplicate_in_file")]


@pytest.mark.parametrize("numbered_first", [True, False])
def test_a_person_with_and_without_number_in_one_file_is_noticed(
    tmp_path: Path, numbered_first: bool
) -> None:
    pair = [COMPLETED, {**COMPLETED, "Số định danh": None}]
    rows = checked(written(tmp_path / "a.xlsx", *(pair if numbered_first else pair[::-1])))
    assert [row.data is None for row in rows] == [False, True]


def test_two_numbers_are_two_people_whatever_else_agrees(tmp_path: Path) -> None:
    rows = checked(written(tmp_path / "a.xlsx", COMPLETED, {**COMPLETED, "Số định danh": "999085000124"}))
    assert wrong(rows) == []


def test_a_refused_row_does_not_make_a_later_one_a_duplicate(tmp_path: Path) -> None:
    rows = checked(written(tmp_path / "a.xlsx", {**COMPLETED, "Diện": "x"}, COMPLETED))
    assert [row.data is None for row in rows] == [True, False]


def test_a_person_is_matched_by_number_else_by_name_birth_and_certificate(tmp_path: Path) -> None:
    with_number = data(tmp_path, COMPLETED)
    without = data(tmp_path, COMPLETED, Số_định_danh=None)
    assert match_key(with_number) == ("identity_number", "999085000123")
    assert match_key(without) == particulars_key(with_number)
    assert match_key(without) == ("particulars", "nguyễn văn giả định", "1985-03-02", "0123/gcn")


def test_blank_rows_between_persons_are_skipped(tmp_path: Path) -> None:
    other = {**COMPLETED, "Số định danh": "999085000124"}
    assert [row.row for row in checked(written(tmp_path / "a.xlsx", COMPLETED, {}, {}, other))] == [2, 5]


def test_limits_are_the_callers(tmp_path: Path) -> None:
    path = written(tmp_path / "a.xlsx", COMPLETED, {**COMPLETED, "Số định danh": None, "Họ và tên": "Lê A"})
    with pytest.raises(SheetRefused):
        list(check_rows(path, today=TODAY, communes=COMMUNES, limits=Limits(rows=1)))
