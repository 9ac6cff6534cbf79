"""Workbooks of released persons, recorded: what becomes of each row, and of an import that is cut short."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from services.police.application import imports, persons
from services.police.import_run import (
    ImportCompleted,
    ImportStarted,
    RowsTaken,
)
from services.police.person_events import (
    ConductAssessed,
    NeedSurveyed,
    NoteWritten,
    OfPerson,
    ResidenceRegistered,
)
from shared.agreement.parties import Agency
from shared.log.events import Event
from shared.sheets.report import MAX_LISTED, Report
from tests.unit.police_office import COMMITTEE, COMMUNE, OFFICER, OTHER_COMMUNE, OTHER_POLICE, POLICE
from tests.unit.police_workbook import BAD, Importer, desk, row, said, sheet


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    made = Importer(tmp_path)
    yield made
    made.close()


@pytest.fixture
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_ROWS", 2)


def of_persons(importer: Importer, since: int = 0) -> list[type[Event]]:
    read = (it.event for page in importer.office.log.read(since) for it in page)
    return [type(event) for event in read if isinstance(event, OfPerson)]


# What becomes of a row


def test_new_persons_are_registered_and_the_committee_hears_of_them(importer: Importer) -> None:
    content = sheet(row(1), row(2, Nhu_cầu_vay="không", Mục_đích="", Số_tiền=""), row(3, Ghi_chú="mẹ già"))
    assert importer.counts(content) == {"rows": 3, "accepted": 3}
    assert [name for name, _ in importer.office.told(COMMITTEE)] == ["PersonReleased"] * 3
    (started,) = importer.office.events(ImportStarted)
    assert (started.workbook.name, started.workbook.offices, started.rows) == (
        "thang-3.csv",
        (POLICE.code,),
        3,
    )
    assert started.stamped.actor == OFFICER.username
    (completed,) = importer.office.events(ImportCompleted)
    assert (completed.accepted, completed.unchanged, completed.updated, completed.rejected) == (3, 0, 0, 0)
    assert len(importer.office.wishing()) == 2


def test_the_same_workbook_next_month_changes_nothing(importer: Importer) -> None:
    content = sheet(row(1), row(2, Số_định_danh=""), row(3, Ghi_chú="mẹ già"))
    importer.take(content)
    head = importer.office.log.head()
    importer.office.at(date(2026, 4, 1))
    assert importer.counts(content) == {"rows": 3, "unchanged": 3}
    assert of_persons(importer, head) == []


@pytest.mark.parametrize(
    ("changes", "event"),
    [
        ({"Số_tiền": "60.000.000"}, NeedSurveyed),
        ({"Mục_đích": "đào tạo nghề", "Số_tháng_học": "6"}, NeedSurveyed),
        ({"Nhu_cầu_vay": "không", "Mục_đích": "", "Số_tiền": ""}, NeedSurveyed),
        ({"Chấp_hành_pháp_luật": "chưa tốt"}, ConductAssessed),
        ({"Tham_gia_tệ_nạn_xã_hội": "có"}, ConductAssessed),
        ({"Ngày_về_cư_trú": "01/06/2024"}, ResidenceRegistered),
        ({"Ghi_chú": "mẹ già"}, NoteWritten),
    ],
)
def test_what_may_change_from_month_to_month_is_taken_over(
    importer: Importer, changes: dict[str, str], event: type[Event]
) -> None:
    importer.take(sheet(row(1)))
    head = importer.office.log.head()
    assert importer.counts(sheet(row(1, **changes))) == {"rows": 1, "updated": 1}
    assert of_persons(importer, head) == [event]
    assert importer.counts(sheet(row(1, **changes))) == {"rows": 1, "unchanged": 1}


def test_the_hamlet_may_change(importer: Importer) -> None:
    importer.take(sheet(row(1)))
    head = importer.office.log.head()
    assert importer.counts(sheet(row(1) | {"Thôn/tổ dân phố": "Thôn Hai"})) == {"rows": 1, "updated": 1}
    assert of_persons(importer, head) == [ResidenceRegistered]


def test_each_difference_is_an_event_of_its_own(importer: Importer) -> None:
    importer.take(sheet(row(1, Số_định_danh="")))
    head = importer.office.log.head()
    changed = row(1, Số_tiền="60.000.000", Chấp_hành_pháp_luật="chưa tốt", Ngày_về_cư_trú="01/06/2024")
    assert importer.counts(sheet(changed)) == {"rows": 1, "updated": 1}
    assert of_persons(importer, head) == [
        ResidenceRegistered,  # the number
        ResidenceRegistered,
        ConductAssessed,
        NeedSurveyed,
    ]
    assert importer.counts(sheet(changed)) == {"rows": 1, "unchanged": 1}


@pytest.mark.parametrize(
    ("changes", "column", "value", "recorded"),
    [
        ({"Họ_và_tên": "Nguyễn Văn Khác"}, "Họ và tên", "Nguyễn Văn Khác", "Nguyễn Văn Giả Định"),
        ({"Ngày_sinh": "1985"}, "Ngày sinh", "1985", "02/03/1985"),
        ({"Giới_tính": "Nữ"}, "Giới tính", "Nữ", "Nam"),
        ({"Diện": "đặc xá"}, "Diện", "đặc xá", "Chấp hành xong án phạt tù"),
        ({"Số_giấy_chứng_nhận": "98765/GCN"}, "Số giấy chứng nhận", "******GCN", "**GCN"),
        ({"Ngày_cấp": "11/05/2024"}, "Ngày cấp", "11/05/2024", "10/05/2024"),
        ({"Ngày_chấp_hành_xong": "09/05/2024"}, "Ngày chấp hành xong", "09/05/2024", "10/05/2024"),
    ],
)
def test_what_only_a_correction_may_change_is_refused_with_what_is_recorded(
    importer: Importer, changes: dict[str, str], column: str, value: str, recorded: str
) -> None:
    importer.take(sheet(row(1)))
    head = importer.office.log.head()
    report = importer.take(sheet(row(1, **changes)))
    assert said(report) == [(2, column, value, "needs_correction")]
    assert f"«{recorded}»" in report.errors[0].message.vi
    assert f"“{recorded}”" in report.errors[0].message.en
    assert importer.office.log.head() == head


def test_every_fact_that_needs_a_correction_is_named(importer: Importer) -> None:
    importer.take(sheet(row(1)))
    conditional = row(1, Diện="tha tù trước thời hạn có điều kiện", Ngày_hết_thử_thách="10/05/2024")
    conditional["Ngày chấp hành xong"] = ""
    report = importer.take(sheet(conditional))
    assert [error.column for error in report.errors] == ["Diện", "Ngày chấp hành xong", "Ngày hết thử thách"]
    assert "«–»" in report.errors[2].message.vi
    assert report.rejected == 1


def test_a_name_in_capitals_is_the_same_name(importer: Importer) -> None:
    importer.take(sheet(row(1)))
    shouted = row(1, Họ_và_tên="NGUYỄN VĂN GIẢ ĐỊNH", Số_giấy_chứng_nhận="1 / gcn")
    assert importer.counts(sheet(shouted)) == {"rows": 1, "unchanged": 1}


def test_without_a_number_name_birth_and_certificate_tell_who_it_is(importer: Importer) -> None:
    nameless = row(1, Số_định_danh="")
    assert importer.counts(sheet(nameless, row(2, Số_định_danh=""))) == {"rows": 2, "accepted": 2}
    assert importer.counts(sheet(nameless)) == {"rows": 1, "unchanged": 1}
    assert importer.counts(sheet(row(1))) == {"rows": 1, "updated": 1}  # brings the number
    assert importer.counts(sheet(nameless)) == {"rows": 1, "unchanged": 1}  # and nobody takes it away


def test_of_two_numbers_for_one_nameless_case_the_second_is_another_person(importer: Importer) -> None:
    importer.take(sheet(row(1, Số_định_danh="")))
    content = sheet(row(1), row(1, Số_định_danh="999085000777"))
    assert importer.counts(content) == {"rows": 2, "updated": 1, "accepted": 1}
    assert importer.counts(content) == {"rows": 2, "unchanged": 2}


def test_a_row_of_another_commune_is_refused_at_its_commune(importer: Importer) -> None:
    report = importer.take(sheet(row(1), row(2, Xã=OTHER_COMMUNE)))
    assert said(report) == [(3, "Xã", OTHER_COMMUNE, "not_our_commune")]


def test_who_moved_away_is_not_registered_a_second_time(importer: Importer) -> None:
    importer.take(sheet(row(1), row(2, Số_định_danh="")))
    office = importer.office
    for person_id in office.wishing():
        office.do(
            persons.transfer_person, importer.service.agreement, person_id, OTHER_COMMUNE, date(2026, 3, 1)
        )
    report = importer.take(sheet(row(1), row(2, Số_định_danh="")))
    assert said(report) == [
        (2, "Số định danh", "*********001", "moved_away"),
        (3, "Họ và tên", "Nguyễn Văn Giả Định", "moved_away"),
    ]
    assert OTHER_COMMUNE in report.errors[0].message.vi


def test_who_was_handed_back_is_known_again(importer: Importer) -> None:
    importer.take(sheet(row(1)))
    office, person_id = importer.office, importer.person(1)
    office.do(persons.transfer_person, importer.service.agreement, person_id, OTHER_COMMUNE, date(2026, 3, 1))
    letter = next(data for name, data in office.told(OTHER_POLICE) if name == "ResidenceTransferred")
    letter |= {"commune": OTHER_COMMUNE, "to_commune": COMMUNE}
    office.hear(Agency.POLICE, "ResidenceTransferred", letter, person_id, publisher=OTHER_POLICE.code)
    assert importer.counts(sheet(row(1))) == {"rows": 1, "updated": 1}
    assert office.person(person_id).residence_registered


def test_a_retracted_release_does_not_come_back_with_the_next_workbook(importer: Importer) -> None:
    importer.take(sheet(row(1)))
    (person_id,) = importer.office.wishing()
    importer.office.do(persons.retract_release, person_id, "entered_in_error")
    content = sheet(row(1), row(2))
    assert said(importer.take(content)) == [(2, "Số định danh", "*********001", "release_retracted")]
    assert importer.counts(content, skip_bad=True) == {"rows": 2, "accepted": 1, "rejected": 1}


# All or nothing, unless bad rows may be skipped


def test_one_bad_row_and_nothing_is_recorded(importer: Importer) -> None:
    head = importer.office.log.head()
    report = importer.take(sheet(row(1), row(2, **BAD), row(3)))
    assert said(report) == [(3, "Số tiền", "50.00", "amount_fraction")]
    assert (report.rows, report.accepted, report.rejected) == (3, 0, 1)
    assert importer.office.log.head() == head


def test_good_rows_are_taken_where_bad_ones_may_be_skipped(importer: Importer) -> None:
    content = sheet(row(1), row(2, Số_tiền="50.00"), row(3), row(3))
    report = importer.take(content, skip_bad=True)
    assert (report.rows, report.accepted, report.rejected) == (4, 2, 2)
    assert [code for *_, code in said(report)] == ["amount_fraction", "duplicate_in_file"]
    assert report.as_dict() == desk(importer).report.as_dict()
    assert importer.counts(content, skip_bad=True) == {"rows": 4, "unchanged": 2, "rejected": 2}


@pytest.mark.parametrize("skip_bad", [True, False])
@pytest.mark.parametrize("bad", [{}, BAD])
def test_a_dry_run_says_what_would_be_and_records_nothing(
    importer: Importer, bad: dict[str, str], skip_bad: bool
) -> None:
    importer.take(sheet(row(1), row(2)))
    head = importer.office.log.head()
    content = sheet(row(1), row(2, Số_tiền="60.000.000"), row(3), row(4, **bad))
    dry = importer.take(content, dry_run=True, skip_bad=skip_bad)
    assert importer.office.log.head() == head
    assert dry.as_dict() == importer.take(content, skip_bad=skip_bad).as_dict()


def test_a_file_that_cannot_be_read_records_nothing(importer: Importer) -> None:
    head = importer.office.log.head()
    for name, content, code in (
        ("a.xlsx", b"no workbook", "file_not_workbook"),
        ("a.pdf", sheet(row(1)), "file_kind"),
        ("a.csv", b"", "file_empty"),
        ("a.csv", sheet(row(1)).replace("Diện".encode(), b"Die"), "header_unknown"),
    ):
        report = importer.take(content, name=name)
        assert report.errors[0].code == code
        assert (report.rows, report.rejected, report.all_taken) == (0, 0, False)
    assert importer.office.log.head() == head


def test_a_workbook_without_rows_or_without_a_good_one_records_nothing(importer: Importer) -> None:
    head = importer.office.log.head()
    assert importer.take(sheet()) == Report()
    assert importer.counts(sheet(row(1, **BAD)), skip_bad=True) == {"rows": 1, "rejected": 1}
    assert importer.office.log.head() == head


def test_the_run_keeps_the_first_thousand_errors_and_counts_all(importer: Importer) -> None:
    bad = [row(number, **BAD) for number in range(MAX_LISTED + 100)]
    report = importer.take(sheet(*bad, row(9999)), skip_bad=True)
    assert (report.rejected, len(report.errors), report.accepted) == (MAX_LISTED + 100, MAX_LISTED, 1)
    assert desk(importer).report == report


def test_a_commit_has_at_most_500_rows(importer: Importer) -> None:
    importer.take(sheet(*(row(number) for number in range(1001))))
    assert [event.accepted for event in importer.office.events(RowsTaken)] == [500, 500, 1]


def test_progress_is_told_for_checking_and_recording(importer: Importer, small_commits: None) -> None:
    heard: list[tuple[str, int, int | None]] = []
    importer.take(sheet(row(1), row(2), row(3)), progress=lambda *step: heard.append(step))
    assert heard == [
        ("checking", 2, None),
        ("checking", 3, None),
        ("recording", 2, 3),
        ("recording", 3, 3),
    ]
