"""Form 01 as it is printed."""

from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from shared.agreement.calendar import Month
from shared.contracts.common import ENTRY_EXAMPLE, PARTICULARS
from shared.web.form01 import (
    Entry,
    Form01,
    Signed,
    load_layout,
    long_date,
    render_form01,
    signature_lines,
)

CSS = Path(__file__).parents[2] / "shared/web/static/form01.css"
POLICE = Signed("03/DS-CAX", date(2026, 3, 4), "Trần Giả Lập", "Trưởng Công an xã")
COMMITTEE = Signed("12/XN-UBND", date(2026, 3, 3), "Lê Giả Lập", "Phó Chủ tịch UBND xã")
HASH = "1c22b57dd7c7c17a5b3cf4f7d1f5ac8f1e6c4c8a4a7b0a39d5d9f7fb5b4a9d10"


class Printed(HTMLParser):
    """`rows` of the table's body, and all `lines` of text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.lines: list[str] = []
        self._in_body = self._in_cell = False
        self.feed(html)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_body = self._in_body or tag == "tbody"
        if self._in_body and tag == "tr":
            self.rows.append([])
        if self._in_body and tag == "td":
            self._in_cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_body = self._in_body and tag != "tbody"
        self._in_cell = self._in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.lines.append(" ".join(data.split()))
        if self._in_cell:
            self.rows[-1][-1] += data


def entry(number: int, **changed: Any) -> Entry:
    particulars = PARTICULARS | {"full_name": f"Người Thứ {number}", "identity_number": f"{number:012}"}
    return ENTRY_EXAMPLE | {"entry_id": str(uuid4()), "particulars": particulars} | changed


def form(entries: list[Entry], **changed: Any) -> Form01:
    whole = Form01(
        Month(2026, 3), "Xã Hòa Đông", "Tỉnh Giả Định", entries, POLICE, COMMITTEE, HASH, ("PGD Ba Tơ",)
    )
    return msgspec.structs.replace(whole, **changed)


@pytest.mark.parametrize("count", [1, 3, 30, 500])
def test_every_entry_is_printed_once_and_in_order(count: int) -> None:
    entries = [entry(number) for number in range(1, count + 1)]
    html = render_form01(form(entries))
    assert [row[1] for row in Printed(html).rows] == [f"Người Thứ {n}" for n in range(1, count + 1)]
    for listed in entries:
        assert html.count(listed["particulars"]["identity_number"]) == 1
    assert f"Danh sách có {count:02} người" in Printed(html).text


def test_a_row_says_what_the_columns_ask() -> None:
    training = entry(
        2,
        particulars=PARTICULARS | {"birth": "1979", "identity_number": None},
        certificate_no=None,
        certificate_issued_on=None,
        purpose="training",
        amount=40_000_000,
        study_months=10,
    )
    rows = Printed(render_form01(form([ENTRY_EXAMPLE, training]))).rows
    assert rows == [
        [
            "1",
            "Nguyễn Văn Giả Định",
            "02/03/1985",
            "999085000123",
            "Thôn Một, xã Hòa Đông",
            "0123/GCN, ngày 10/05/2024",
            "10/05/2024",
            "Sản xuất, kinh doanh",
            "50.000.000",
            "",
        ],
        [
            "2",
            "Nguyễn Văn Giả Định",
            "1979",
            "",
            "Thôn Một, xã Hòa Đông",
            "",
            "10/05/2024",
            "Đào tạo nghề",
            "40.000.000",
            "Học 10 tháng",
        ],
    ]


def test_both_blocks_stand_under_the_list_with_number_date_and_signer() -> None:
    lines = Printed(render_form01(form([entry(1)]))).lines
    committee = lines.index("Xác nhận của Ủy ban nhân dân Xã Hòa Đông")
    assert lines[committee : committee + 7] == [
        "Xác nhận của Ủy ban nhân dân Xã Hòa Đông",
        "Số: 12/XN-UBND; Hòa Đông, ngày 03 tháng 3 năm 2026",
        "TM. Ủy ban nhân dân",
        "KT. CHỦ TỊCH",
        "PHÓ CHỦ TỊCH",
        "(Ký, ghi rõ họ tên, đóng dấu)",
        "Lê Giả Lập",
    ]
    assert lines[committee + 7 : committee + 10] == [
        "TRƯỞNG CÔNG AN XÃ",
        "(Ký, ghi rõ họ tên, đóng dấu)",
        "Trần Giả Lập",
    ]
    assert "Số: 03/DS-CAX" in lines
    assert "Hòa Đông, ngày 04 tháng 3 năm 2026" in lines
    assert HASH in lines
    assert lines[lines.index("Nơi nhận:") :][:3] == ["Nơi nhận:", "- PGD Ba Tơ;", "- Lưu: VT."]


def test_what_is_not_signed_yet_is_left_blank() -> None:
    blank = form([entry(1)], police=None, committee=None, content_hash=None, recipients=())
    printed = Printed(render_form01(blank))
    for absent in (POLICE.signer_name, COMMITTEE.signer_name, POLICE.number, COMMITTEE.number, "Nơi nhận"):
        assert absent not in printed.text
    assert printed.text.count("ngày …… tháng …… năm ……") == 2
    assert {"CHỦ TỊCH", "TRƯỞNG CÔNG AN XÃ", "chưa xác nhận"} <= set(printed.lines)


def test_a_nil_list_says_so() -> None:
    printed = Printed(render_form01(form([])))
    assert printed.rows == [[load_layout().nil]]
    assert "dưới đây" not in printed.text
    assert "TRƯỞNG CÔNG AN XÃ" in printed.lines


def test_the_provisional_layout_is_marked_until_the_official_one_replaces_it() -> None:
    layout = load_layout()
    assert layout.provisional
    printed = Printed(render_form01(form([entry(1)])))
    assert "Mẫu tạm thời" in printed.lines
    assert f"Mẫu tạm thời (bản {layout.version})" in printed.text
    official = msgspec.structs.replace(layout, provisional=False)
    assert "tạm thời" not in render_form01(form([entry(1)]), layout=official)


def test_columns_are_data() -> None:
    layout = load_layout()
    two = msgspec.structs.replace(layout, columns=(layout.columns[1], layout.columns[8]))
    printed = Printed(render_form01(form([entry(7)]), layout=two))
    assert printed.rows == [["Người Thứ 7", "50.000.000"]]
    assert "(3)" not in printed.lines


def test_only_what_the_columns_ask_is_printed() -> None:
    html = render_form01(form([entry(1)]))
    for secret in (ENTRY_EXAMPLE["salt"], ENTRY_EXAMPLE["person_id"], "sentence_completed"):
        assert str(secret) not in html


def test_what_somebody_typed_is_shown_and_not_run() -> None:
    sly = PARTICULARS | {"full_name": "<script>alert(1)</script>", "hamlet": 'Thôn "Một" & Hai'}
    html = render_form01(form([entry(1, particulars=sly)]))
    assert "<script" not in html
    assert Printed(html).rows[0][1] == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("Chủ tịch UBND xã", ["CHỦ TỊCH"]),
        ("Phó Chủ tịch Ủy ban nhân dân phường", ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"]),
        ("Phó Trưởng Công an xã", ["KT. TRƯỞNG CÔNG AN XÃ", "PHÓ TRƯỞNG CÔNG AN XÃ"]),
        (None, ["TRƯỞNG CÔNG AN PHƯỜNG"]),
    ],
)
def test_a_deputy_signs_for_the_head(title: str | None, lines: list[str]) -> None:
    signed = None if title is None else msgspec.structs.replace(POLICE, signer_title=title)
    assert signature_lines(signed, "Trưởng Công an Phường") == lines


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 1, 5), "ngày 05 tháng 01 năm 2026"),
        (date(2026, 2, 28), "ngày 28 tháng 02 năm 2026"),
        (date(2026, 3, 9), "ngày 09 tháng 3 năm 2026"),
        (date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_a_date_is_written_as_decree_30_says(day: date, text: str) -> None:
    assert long_date(day) == text


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ('key = "birth"', 'key = "offence"', "$.columns[2].key"),
        ("width = 5", "width = 6", "101 %"),
        ("version = 1", "versions = 1", "versions"),
        ("version = 1", "version = ", "Invalid value"),
    ],
)
def test_a_wrong_layout_is_refused_naming_the_place(
    tmp_path: Path, was: str, becomes: str, complaint: str
) -> None:
    ours = Path(__file__).parents[2] / "shared/web/form01_columns.toml"
    file = tmp_path / "columns.toml"
    file.write_text(ours.read_text(encoding="utf-8").replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"columns\.toml") as refusal:
        load_layout(file)
    assert complaint in str(refusal.value)


def test_it_prints_across_on_a4_with_its_own_stylesheet() -> None:
    html = render_form01(form([entry(1)]), stylesheet="/static/form01.css?v=1")
    assert 'href="/static/form01.css?v=1"' in html
    # The pages' content policy allows neither inline styles nor scripts.
    assert "style=" not in html
    assert "<style" not in html
    css = CSS.read_text(encoding="utf-8")
    assert "size: A4 landscape" in css
