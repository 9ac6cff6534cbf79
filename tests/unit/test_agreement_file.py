"""The agreement as a file: read whole, or refused with the file and the place that is wrong."""

from datetime import date
from pathlib import Path

import pytest

from shared.agreement.parties import Agency, Agreement, Channel, Route, load_agreement

GOOD = """
number = "01/QCPH"
valid_from = 2026-01-01
valid_until = 2028-12-31
communes = [
    { code = "99901", name = "Xã Đông", province = "Tỉnh Giả" },
    { code = "99902", name = "Xã Tây", province = "Tỉnh Giả" },
]
parties = [
    { code = "ca-dong", agency = "police", name = "Công an xã Đông", commune = "99901" },
    { code = "ca-tay", agency = "police", name = "Công an xã Tây", commune = "99902" },
    { code = "ubnd-dong", agency = "commune", name = "UBND xã Đông", commune = "99901" },
    { code = "pgd-ba", agency = "bank", name = "PGD Ba" },
    { code = "pgd-moi", agency = "bank", name = "PGD Mới" },
]
routes = [
    { commune = "99901", bank = "pgd-ba", since = 2026-01-01 },
    { commune = "99901", bank = "pgd-moi", since = 2026-07-01 },
]
[settings]
list_due_day = 5
"""


def load(folder: Path, text: str | bytes) -> Agreement:
    file = folder / "agreement.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_agreement(file)


@pytest.fixture
def agreement(tmp_path: Path) -> Agreement:
    return load(tmp_path, GOOD)


def test_an_agreement_is_read_with_its_parties_and_settings(agreement: Agreement) -> None:
    assert agreement.party("ca-dong").agency is Agency.POLICE
    assert agreement.commune("99902").name == "Xã Tây"
    assert agreement.settings.list_due_day == 5
    assert agreement.settings.reminder_days == (5, 2, 0)
    assert agreement.routes[0] == Route("99901", "pgd-ba", date(2026, 1, 1))


def test_the_example_agreement_can_be_read() -> None:
    example = Path(__file__).parents[2] / "examples" / "agreement.toml"
    assert len(load_agreement(example).parties) == 5


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ('number = "01/QCPH"\n', "", "number"),
        ("[settings]", "[settings", "line 20"),
        ("valid_from = 2026-01-01", 'valid_from = "today"', "$.valid_from"),
        ("valid_until = 2028-12-31", "valid_until = 2025-12-31", "2025-12-31 lies before"),
        ('agency = "bank", name = "PGD Ba"', 'agency = "shop", name = "PGD Ba"', "$.parties[3].agency"),
        ('"ca-dong", agency', '"Công an", agency', "$.parties[0].code"),
        ('"ca-dong", agency', '"ca→dong", agency', "$.parties[0].code"),
        ('"ca-dong", agency', '"ca-tay", agency', "party ca-tay is there twice"),
        ('xã Tây", commune = "99902"', 'xã Tây", commune = "99901"', "office police of 99901 is there twice"),
        ('xã Tây", commune = "99902"', 'xã Tây", commune = "99909"', "commune 99909 is not in agreement"),
        (', commune = "99902" }', " }", "party ca-tay has no commune"),
        ('"99902", name', '"9990", name', "$.communes[1].code"),
        ('"99902", name', '"99901", name', "commune 99901 is there twice"),
        ('bank = "pgd-moi"', 'bank = "pgd-nao"', "pgd-nao is not a party"),
        ('bank = "pgd-moi"', 'bank = "ca-dong"', "route of 99901: ca-dong is no bank office"),
        ("since = 2026-07-01", "since = 2026-01-01", "route 99901 since 2026-01-01 is there twice"),
        ("list_due_day = 5", "list_due_day = 31", "$.settings.list_due_day"),
        ("list_due_day = 5", "list_opens_day = 0", "$.settings.list_opens_day"),
        ("list_due_day = 5", "reminder_days = [-1]", "$.settings.reminder_days[0]"),
        ("list_due_day = 5", "commune_decision_working_days = 0", "$.settings.commune_decision"),
        ("list_due_day = 5", "list_due_dya = 5", "list_due_dya"),
        ("list_due_day = 5", 'list_due_day = "5"', "$.settings.list_due_day"),
        ('bank = "pgd-moi", since', 'banks = "pgd-moi", since', "$.routes[1]"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_wrong_agreement_names_the_file_and_the_place(
    tmp_path: Path, was: str, becomes: str, says: str
) -> None:
    assert GOOD.count(was) == 1
    with pytest.raises(ValueError) as refused:
        load(tmp_path, GOOD.replace(was, becomes))
    assert str(refused.value).startswith(f"{tmp_path / 'agreement.toml'}: ")
    assert says in str(refused.value)


def test_a_file_in_another_encoding_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"agreement\.toml: .*utf-8"):
        load(tmp_path, GOOD.encode("utf-16"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.toml"):
        load_agreement(tmp_path / "nowhere.toml")


def test_a_commune_is_served_by_the_bank_office_of_the_day(agreement: Agreement) -> None:
    def bank(on: date) -> str | None:
        office = agreement.office(Agency.BANK, "99901", on)
        return office.code if office else None

    assert bank(date(2025, 12, 31)) is None
    assert bank(date(2026, 1, 1)) == bank(date(2026, 6, 30)) == "pgd-ba"
    assert bank(date(2026, 7, 1)) == bank(date(2030, 1, 1)) == "pgd-moi"
    assert agreement.office(Agency.BANK, "99902", date(2026, 7, 1)) is None


def test_a_commune_has_the_offices_that_are_parties(agreement: Agreement) -> None:
    today = date(2026, 3, 1)
    police = agreement.office(Agency.POLICE, "99901", today)
    assert police is not None
    assert police.code == "ca-dong"
    assert agreement.office(Agency.COMMUNE, "99902", today) is None
    assert [c.code for c in agreement.communes_of(agreement.party("pgd-ba"))] == ["99901"]
    assert [c.code for c in agreement.communes_of(agreement.party("ca-tay"))] == ["99902"]


def test_each_party_hears_those_whom_the_contracts_let_speak_to_it(agreement: Agreement) -> None:
    def heard_by(code: str) -> set[str]:
        return {channel.publisher for channel in agreement.channels_to(agreement.party(code))}

    assert heard_by("ca-dong") == {"ca-tay", "ubnd-dong", "pgd-ba", "pgd-moi"}
    assert heard_by("ubnd-dong") == {"ca-dong", "ca-tay", "pgd-ba", "pgd-moi"}
    assert heard_by("pgd-ba") == {"ca-dong", "ca-tay", "ubnd-dong"}


def test_who_is_no_party_is_not_found(agreement: Agreement) -> None:
    with pytest.raises(KeyError, match="ca-nam is not a party to agreement 01/QCPH"):
        agreement.party("ca-nam")
    with pytest.raises(KeyError, match="99909"):
        agreement.commune("99909")


def test_a_channel_is_named_after_both_its_ends() -> None:
    channel = Channel("ca-dong", "pgd-ba")
    assert channel.name == "ca-dong→pgd-ba"
    assert Channel.named(channel.name) == channel


@pytest.mark.parametrize("name", ["", "→", "ca-dong", "ca-dong→", "→pgd-ba", "ca-dong->pgd-ba"])
def test_what_is_no_channel_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is not a channel"):
        Channel.named(name)
