"""What a cell may hold, type by type."""
# ruff: noqa: DTZ001 (a date in a workbook has no time zone)

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sheets import cells
from shared.sheets.cells import Cell, Kind, Parse
from shared.sheets.errors import Unreadable
from shared.sheets.messages import MESSAGES
from shared.sheets.text import clean, fold, masked

ID = cells.digits(12, lost_zeros=2)
YES_NO = cells.choice({"Có": True, "Không": False, "True": True})


def text(value: str) -> Cell:
    return Cell(Kind.TEXT, value)


def number(value: float) -> Cell:
    return Cell(Kind.NUMBER, value)


def refused(parse: Parse, cell: Cell) -> str:
    with pytest.raises(Unreadable) as problem:
        parse(cell)
    assert problem.value.message == MESSAGES[problem.value.code] or "{" not in problem.value.message.vi
    return problem.value.code


@pytest.mark.parametrize(
    "written",
    ["02/03/2026", "2-3-2026", "2.3.2026", "2026-03-02", "2026-03-02T00:00:00", " 02/03/2026\u00a0"],
)
def test_a_date_is_read_with_the_day_before_the_month(written: str) -> None:
    assert cells.day(text(written)) == date(2026, 3, 2)


def test_a_date_of_excel_is_read_when_it_has_no_time_of_day() -> None:
    assert cells.day(Cell(Kind.DATE, datetime(2026, 3, 2))) == date(2026, 3, 2)
    assert refused(cells.day, Cell(Kind.DATE, datetime(2026, 3, 2, 14, 30))) == "date_has_time"
    assert refused(cells.day, text("2026-03-02T14:30")) == "date_has_time"


def test_29_february_exists_in_leap_years_only() -> None:
    assert cells.day(text("29/02/2024")) == date(2024, 2, 29)
    assert refused(cells.day, text("29/02/2023")) == "date_impossible"
    assert refused(cells.day, text("29/02/1900")) == "date_impossible"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("31/02/2026", "date_impossible"),
        ("12/31/2026", "date_impossible"),
        ("00/01/2026", "date_impossible"),
        ("2026-02-30", "date_impossible"),
        ("02/03/26", "date_two_digit_year"),
        ("2-3-85", "date_two_digit_year"),
        ("02/03-2026", "date_not_understood"),
        ("ngày 2 tháng 3", "date_not_understood"),
        ("1985", "date_not_understood"),
        ("٠٢/٠٣/٢٠٢٦", "date_not_understood"),
        ("02/03/1026", "date_out_of_range"),
        ("02/03/2601", "date_out_of_range"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_its_reason(written: str, code: str) -> None:
    assert refused(cells.day, text(written)) == code


def test_a_bare_number_is_no_date() -> None:
    assert refused(cells.day, number(46083)) == "date_not_understood"


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_every_way_of_writing_a_date_means_the_same_day(day: date) -> None:
    ways = (f"{day:%d/%m/%Y}", f"{day.day}-{day.month}-{day.year}", day.isoformat())
    assert {cells.day(text(way)) for way in ways} == {day}


def test_a_birth_year_alone_is_kept_as_such() -> None:
    assert cells.birth(text("1985")) == "1985"
    assert cells.birth(number(1985)) == "1985"
    assert cells.birth(number(1985.0)) == "1985"


def test_a_full_birth_is_kept_to_the_day() -> None:
    assert cells.birth(text("02/03/1985")) == "1985-03-02"
    assert cells.birth(Cell(Kind.DATE, datetime(1985, 3, 2))) == "1985-03-02"


def test_a_birth_that_is_neither_year_nor_day_is_refused() -> None:
    assert refused(cells.birth, number(85)) == "date_not_understood"
    assert refused(cells.birth, number(1985.5)) == "date_not_understood"
    assert refused(cells.birth, text("85")) == "date_not_understood"
    assert refused(cells.birth, text("2501")) == "date_out_of_range"
    assert refused(cells.birth, text("31/02/1985")) == "date_impossible"


def test_an_identity_number_is_twelve_digits_with_or_without_blanks() -> None:
    assert ID(text("051085000123")) == "051085000123"
    assert ID(text(" 051 085 000\u00a0123 ")) == "051085000123"


@pytest.mark.parametrize(
    "written", ["51085000123", "0510850001234", "05108500012A", "٠٥١٠٨٥٠٠٠١٢٣", "-51085000123"]
)
def test_a_text_that_is_not_twelve_digits_is_no_identity_number(written: str) -> None:
    assert refused(ID, text(written)) == "digits_wrong"


def test_an_identity_number_that_excel_made_a_number_gets_its_zeros_back() -> None:
    assert ID(number(51085000123)) == "051085000123"
    assert ID(number(1085000123)) == "001085000123"
    assert ID(number(51085000123.0)) == "051085000123"


def test_a_number_too_short_for_its_lost_zeros_is_refused_and_not_guessed() -> None:
    assert refused(ID, number(123456789)) == "digits_lost"  # an old identity card has nine digits
    assert refused(ID, number(0)) == "digits_lost"
    assert refused(ID, number(-51085000123)) == "digits_lost"
    assert refused(ID, number(51085000123.5)) == "digits_lost"
    assert refused(ID, number(float("inf"))) == "digits_lost"
    assert refused(ID, number(1234567890123)) == "digits_lost"


def test_a_number_that_a_csv_export_rounded_is_named_as_lost() -> None:
    assert refused(ID, text("5.1085E+10")) == "digits_lost"
    assert refused(ID, text("5,1085E+10")) == "digits_lost"


@pytest.mark.parametrize("written", ["50.000.000", "50,000,000", "50000000", "\u00a050.000.000 "])
def test_an_amount_is_read_with_dots_commas_or_neither(written: str) -> None:
    assert cells.vnd(text(written)) == 50_000_000


def test_an_amount_that_is_a_whole_excel_number_is_read() -> None:
    assert cells.vnd(number(50_000_000)) == 50_000_000
    assert cells.vnd(number(50_000_000.0)) == 50_000_000
    assert cells.vnd(text("0")) == 0


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("-50.000.000", "amount_negative"),
        ("(50.000.000)", "amount_negative"),
        ("50.00", "amount_fraction"),
        ("50.0000", "amount_fraction"),
        ("5000.000", "amount_fraction"),
        ("0.500", "amount_fraction"),
        ("50.000,00", "amount_mixed_separators"),
        ("50,000.000", "amount_mixed_separators"),
        ("1.000.000.000.001", "amount_too_large"),
        ("9" * 30, "amount_too_large"),
        ("9" * 31, "amount_not_understood"),
        ("50 triệu", "amount_not_understood"),
        ("050000000", "amount_not_understood"),
        ("5e7", "amount_not_understood"),
        ("٥٠", "amount_not_understood"),
        ("-", "amount_not_understood"),
    ],
)
def test_an_amount_written_otherwise_is_refused(written: str, code: str) -> None:
    assert refused(cells.vnd, text(written)) == code


def test_an_excel_number_that_is_no_amount_is_refused() -> None:
    assert refused(cells.vnd, number(50_000_000.5)) == "amount_fraction"
    assert refused(cells.vnd, number(-1)) == "amount_negative"
    assert refused(cells.vnd, number(10**12 + 1)) == "amount_too_large"
    assert refused(cells.vnd, number(float("nan"))) == "amount_fraction"
    assert refused(cells.vnd, Cell(Kind.TRUTH, True)) == "amount_not_understood"


@given(st.integers(0, 10**12))
def test_every_amount_reads_back_from_its_grouped_form(amount: int) -> None:
    assert cells.vnd(text(f"{amount:,}")) == amount
    assert cells.vnd(text(f"{amount:,}".replace(",", "."))) == amount
    assert cells.vnd(text(str(amount))) == amount


@given(st.text(max_size=30))
def test_no_text_makes_a_parser_fail_otherwise_than_by_refusing(written: str) -> None:
    parsers: list[Parse] = [cells.text, cells.day, cells.birth, ID, cells.vnd, cells.integer, YES_NO]
    for parse in parsers:
        try:
            parse(text(written))
        except Unreadable as problem:
            assert problem.code in MESSAGES


def test_months_of_study_are_a_whole_number() -> None:
    assert cells.integer(number(9)) == cells.integer(text("9")) == cells.integer(number(9.0)) == 9
    for cell in (number(9.5), number(-1), text("-1"), text("9 tháng"), text("9.0"), Cell(Kind.TRUTH, True)):
        assert refused(cells.integer, cell) == "integer_not_understood"


@pytest.mark.parametrize("written", ["Có", "có", "CÓ", "co", " có ", "Co\u0301"])
def test_a_word_is_matched_without_case_or_diacritics(written: str) -> None:
    assert YES_NO(text(written)) is True


def test_a_word_outside_the_list_is_refused_with_the_list() -> None:
    with pytest.raises(Unreadable) as problem:
        YES_NO(text("chắc là có"))
    assert problem.value.code == "choice_unknown"
    assert "Có, Không" in problem.value.message.vi
    assert YES_NO(Cell(Kind.TRUTH, True)) is True


def test_words_that_differ_in_diacritics_only_cannot_mean_different_things() -> None:
    with pytest.raises(ValueError, match="ambiguous"):
        cells.choice({"bán": 1, "bạn": 2})


def test_text_is_composed_and_cleaned() -> None:
    assert cells.text(text("  Nguye\u0302\u0303n\u00a0 Va\u0306n\u200b A\n")) == "Nguyễn Văn A"
    assert cells.text(number(12)) == "12"


@pytest.mark.parametrize(
    "cell", [number(1.5), Cell(Kind.DATE, datetime(2024, 12, 1)), Cell(Kind.TRUTH, True)]
)
def test_a_text_that_excel_made_something_else_is_refused(cell: Cell) -> None:
    assert refused(cells.text, cell) == "text_expected"


@given(st.text())
def test_clean_text_is_stable(written: str) -> None:
    assert clean(clean(written)) == clean(written)


@pytest.mark.parametrize(
    "written", ["Số định danh", "SỐ ĐỊNH DANH", "so dinh danh", "Số_định-danh:", "Số Ðịnh danh"]
)
def test_headers_fold_to_the_same_letters(written: str) -> None:
    assert fold(written) == "sodinhdanh"


def test_a_sensitive_value_shows_its_last_three_characters_only() -> None:
    assert masked("051085000123", sensitive=True) == "*********123"
    assert masked("123", sensitive=True) == "***"
    assert masked("", sensitive=True) == ""


def test_an_identity_number_in_the_wrong_column_is_masked_too() -> None:
    assert masked("số 051085000123", sensitive=False) == "số *********123"
    assert masked("50.000.000", sensitive=False) == "50.000.000"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "TRUE"),
        (12.0, "12"),
        (1.5, "1.5"),
        (datetime(2026, 3, 2), "02/03/2026"),
        ("a" * 200, "a" * 100),
    ],
)
def test_a_report_shows_a_value_as_the_officer_saw_it(value: Any, shown: str) -> None:
    assert Cell(Kind.TEXT, value).shown() == shown


def test_every_message_is_there_in_both_languages_with_the_same_placeholders() -> None:
    for code, message in MESSAGES.items():
        assert message.vi and message.en and message.vi != message.en, code
        names = [{part.split("}")[0] for part in said.split("{")[1:]} for said in message]
        assert names[0] == names[1], code
