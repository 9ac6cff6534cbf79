"""The year as a whole: the counts, the channels, the agreement, and that a second run changes nothing."""

from tests.scenarios.conftest import Demo, run_demo


def test_the_agencies_agree_after_a_whole_year(demo: Demo) -> None:
    assert demo.facts["agree"] is True
    assert demo.facts["differences"] == []
    assert [counts["parked"] for counts in demo.facts["agencies"].values()] == [0, 0, 0]


def test_every_channel_was_heard_to_its_end(demo: Demo) -> None:
    channels = demo.facts["channels"]
    assert all(traffic["sent"] == traffic["received"] > 0 for traffic in channels.values())
    assert {"ca-hoamau→ubnd-hoamau", "ca-hoamau→pgd-songmau", "ca-hoamau→ca-thienmong"} <= set(channels)
    assert {"ubnd-hoamau→pgd-songmau", "pgd-songmau→ca-hoamau", "pgd-songmau→ubnd-hoamau"} <= set(channels)


def test_no_channel_leads_from_a_commune_to_another_communes_offices_except_for_a_move(demo: Demo) -> None:
    across = {name for name in demo.facts["channels"] if "hoamau" in name and "thienmong" in name}
    assert across == {"ca-hoamau→ca-thienmong", "ca-hoamau→ubnd-thienmong"}


def test_all_24_lists_reach_the_bank_some_nil_one_returned_one_late(demo: Demo) -> None:
    assert demo.facts["lists"] == {"due": 24, "submitted": 24, "late": 1, "returned": 1, "nil": 6}


def test_loans_are_disbursed_one_falls_overdue_one_is_settled(demo: Demo) -> None:
    assert demo.facts["loans"] == {"disbursed": 25, "overdue": 1, "settled": 1}


def test_the_end_shows_each_agency_one_case_in_three_columns_and_an_as_of_answer(demo: Demo) -> None:
    for shown in ("Công an xã", "UBND xã", "— không được báo", "Lê Thị Thu Hà", "Hết ngày 18/11/2025"):
        assert shown in demo.output
    assert "Ngày mô phỏng 20/10/2026" in demo.output
    assert "Các cơ quan khớp nhau" in demo.output


def test_a_second_run_on_the_same_data_doubles_nothing(demo: Demo) -> None:
    assert run_demo(demo.data, demo.port).facts == demo.facts
