"""Registering a released person: what the command may say."""

from datetime import date
from typing import Any

import marshmallow as ma
import pytest

from services.police.commands import MESSAGES, RegisterPersonSchema, judged_on
from shared.agreement.errors import FieldMessage

TODAY = date(2026, 3, 5)
COMPLETED = {
    "full_name": "Nguyễn Văn Giả Định",
    "birth": "1985-03-02",
    "sex": "male",
    "identity_number": "999085000123",
    "hamlet": "Thôn Một",
    "commune": "99901",
    "ground": "sentence_completed",
    "certificate_no": "0123/GCN",
    "certificate_issued_on": "2024-05-10",
    "completed_on": "2024-05-10",
    "resident_since": "2024-05-12",
    "conduct_good": True,
    "social_evils": False,
    "wants_loan": True,
    "purpose": "production",
    "amount": 50_000_000,
}
CONDITIONAL = {
    **{key: value for key, value in COMPLETED.items() if key not in ("completed_on",)},
    "ground": "conditional_release",
    "certificate_no": None,
    "certificate_issued_on": None,
    "probation_ends_on": "2027-01-31",
}


def load(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    with judged_on(TODAY):
        loaded: dict[str, Any] = RegisterPersonSchema().load({**base, **changes})
        return loaded


def wrong(base: dict[str, Any], **changes: Any) -> dict[str, list[str]]:
    with pytest.raises(ma.ValidationError) as refused:
        load(base, **changes)
    return {
        field: [said.code for said in messages] for field, messages in refused.value.messages_dict.items()
    }


def test_a_person_who_completed_the_sentence_is_registered() -> None:
    assert load(COMPLETED) == {
        **COMPLETED,
        "certificate_issued_on": date(2024, 5, 10),
        "completed_on": date(2024, 5, 10),
        "resident_since": date(2024, 5, 12),
        "probation_ends_on": None,
        "study_months": None,
        "note": None,
    }


def test_an_amnestied_person_is_registered() -> None:
    assert load(COMPLETED, ground="amnesty")["ground"] == "amnesty"


def test_a_conditional_release_needs_no_certificate_and_may_end_in_the_future() -> None:
    loaded = load(CONDITIONAL)
    assert (loaded["probation_ends_on"], loaded["certificate_no"]) == (date(2027, 1, 31), None)


def test_a_case_opens_without_an_identity_number() -> None:
    assert load(COMPLETED, identity_number=None)["identity_number"] is None


def test_nothing_is_judged_without_a_day_to_judge_it_on() -> None:
    with pytest.raises(LookupError):
        RegisterPersonSchema().load(COMPLETED)


def test_unknown_fields_are_refused() -> None:
    assert wrong(COMPLETED, offence="x") == {"offence": ["unknown_field"]}


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_what_is_not_an_object_is_refused(body: Any) -> None:
    with judged_on(TODAY), pytest.raises(ma.ValidationError) as refused:
        RegisterPersonSchema().load(body)
    ((message,),) = refused.value.messages_dict.values()
    assert message.code == "not_an_object"


REQUIRED = sorted(name for name, field in RegisterPersonSchema().fields.items() if field.required)


def test_what_a_registration_must_say() -> None:
    assert len(REQUIRED) == 10 and "identity_number" not in REQUIRED


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_or_null_field_is_named(field: str) -> None:
    assert wrong({key: value for key, value in COMPLETED.items() if key != field}) == {field: ["required"]}
    assert wrong(COMPLETED, **{field: None}) == {field: ["required"]}


@pytest.mark.parametrize("field", sorted(RegisterPersonSchema().fields))
@pytest.mark.parametrize("value", [[], {}, 1.5, "\x00", 10**400, "", "2026-02-30", float("nan")], ids=repr)
def test_every_refusal_has_a_code_and_both_languages(field: str, value: Any) -> None:
    with judged_on(TODAY):
        messages = RegisterPersonSchema().validate({**COMPLETED, **{field: value}}).get(field, [])
    for message in messages:
        assert isinstance(message, FieldMessage)
        assert MESSAGES[message.code] is message and message and message.en


@pytest.mark.parametrize(
    "name", ["Nguyễn Thị Hường", "H'Len Niê", "K’Brơi", "Y Bi-a", "Lý A", "Nguye\u0302\u0303n A"]
)
def test_names_of_every_people_of_the_country_are_accepted(name: str) -> None:
    assert load(COMPLETED, full_name=f"  {name}  ")["full_name"] == name.replace("e\u0302\u0303", "ễ")


@pytest.mark.parametrize(
    "name", ["A", "A" * 101, "Nguyễn Văn 2", "Lan (Hoa)", "'Lan", "<b>Lan</b>", "A_B", "  A  "]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert wrong(COMPLETED, full_name=name) == {"full_name": ["bad_name"]}


@pytest.mark.parametrize(
    "birth", ["85", "1985-3-2", "1985-02-30", "02/03/1985", "1985-03", "1985\n", "abcd", "0000"]
)
def test_a_birth_is_a_year_or_a_real_day(birth: str) -> None:
    assert wrong(COMPLETED, birth=birth) == {"birth": ["bad_birth"]}


@pytest.mark.parametrize(
    "number", ["99908500012", "9990850001234", "999085000123\n", "٩٩٩٠٨٥٠٠٠١٢٣", "99908500012A", ""]
)
def test_an_identity_number_has_exactly_twelve_digits(number: str) -> None:
    assert wrong(COMPLETED, identity_number=number) == {"identity_number": ["bad_identity_number"]}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("sex", "nam", "unknown_code"),
        ("ground", "parole", "unknown_code"),
        ("purpose", "house", "unknown_code"),
        ("commune", "9990", "bad_commune"),
        ("commune", "99901\n", "bad_commune"),
        ("hamlet", "x" * 101, "too_long"),
        ("hamlet", "\u200b ", "required"),
        ("note", "x" * 1001, "too_long"),
        ("certificate_no", "x" * 61, "too_long"),
        ("completed_on", "20240510", "bad_date"),
        ("completed_on", "2023-02-29", "bad_date"),
        ("resident_since", "2024-W05-1", "bad_date"),
        ("amount", 0, "bad_amount"),
        ("amount", -1, "bad_amount"),
        ("amount", 1.5, "bad_amount"),
        ("amount", "50000000", "bad_amount"),
        ("amount", True, "bad_amount"),
        ("amount", 10**12 + 1, "bad_amount"),
        ("conduct_good", "true", "wrong_type"),
        ("wants_loan", 2, "wrong_type"),
    ],
)
def test_a_value_out_of_its_range_is_refused(field: str, value: Any, code: str) -> None:
    assert wrong(COMPLETED, **{field: value}) == {field: [code]}


def test_months_of_study_run_from_1_to_72() -> None:
    training = {**COMPLETED, "purpose": "training"}
    assert load(training, study_months=1)["study_months"] == 1
    assert load(training, study_months=72)["study_months"] == 72
    assert wrong(training, study_months=0) == {"study_months": ["bad_study_months"]}
    assert wrong(training, study_months=73) == {"study_months": ["bad_study_months"]}


def test_a_note_is_cleaned_and_may_be_empty() -> None:
    assert load(COMPLETED, note=" co\u0301\n  mẹ già ")["note"] == "có mẹ già"
    assert load(COMPLETED, note="")["note"] == ""


@pytest.mark.parametrize("ground", ["sentence_completed", "amnesty"])
@pytest.mark.parametrize("field", ["certificate_no", "certificate_issued_on", "completed_on"])
def test_a_completed_sentence_and_an_amnesty_need_certificate_and_completion(ground: str, field: str) -> None:
    assert wrong(COMPLETED, ground=ground, **{field: None}) == {field: ["required_for_ground"]}


def test_a_conditional_release_needs_the_end_of_its_probation() -> None:
    assert wrong(CONDITIONAL, probation_ends_on=None) == {"probation_ends_on": ["required_for_ground"]}


def test_a_date_of_the_other_ground_is_refused() -> None:
    assert wrong(COMPLETED, probation_ends_on="2027-01-31") == {"probation_ends_on": ["not_for_ground"]}
    assert wrong(CONDITIONAL, completed_on="2024-05-10") == {"completed_on": ["not_for_ground"]}


def test_number_and_day_of_a_certificate_go_together() -> None:
    assert wrong(CONDITIONAL, certificate_no="1/GCN") == {"certificate_issued_on": ["certificate_incomplete"]}
    over = {**CONDITIONAL, "probation_ends_on": "2025-01-31"}
    assert wrong(over, certificate_issued_on="2025-02-01") == {"certificate_no": ["certificate_incomplete"]}
    assert load(over, certificate_no="1/GCN", certificate_issued_on="2025-01-31")["certificate_no"] == "1/GCN"


@pytest.mark.parametrize("field", ["certificate_issued_on", "completed_on", "resident_since"])
def test_what_has_happened_does_not_lie_in_the_future(field: str) -> None:
    assert wrong(COMPLETED, **{field: "2026-03-06"})[field] == ["date_in_future"]
    today = {
        "certificate_issued_on": "2026-03-05",
        "completed_on": "2026-03-05",
        "resident_since": "2026-03-05",
    }
    assert load(COMPLETED, **today)["completed_on"] == TODAY


def test_a_certificate_is_not_older_than_the_completion_it_certifies() -> None:
    code = {"certificate_issued_on": ["certificate_before_completion"]}
    assert wrong(COMPLETED, certificate_issued_on="2024-05-09") == code
    early = {"certificate_no": "1/GCN", "certificate_issued_on": "2025-01-01"}
    assert wrong(CONDITIONAL, **early) == code


def test_probation_ends_within_thirty_years() -> None:
    assert load(CONDITIONAL, probation_ends_on="2056-03-05")
    assert wrong(CONDITIONAL, probation_ends_on="2056-03-06") == {"probation_ends_on": ["probation_too_far"]}


def test_residence_may_begin_before_completion_after_a_conditional_release() -> None:
    assert load(COMPLETED, resident_since="2023-01-01")["resident_since"] == date(2023, 1, 1)


def test_residence_does_not_begin_before_birth() -> None:
    assert wrong(COMPLETED, resident_since="1985-03-01") == {"resident_since": ["residence_before_birth"]}


@pytest.mark.parametrize(
    ("birth", "code"),
    [
        ("2026-03-06", "birth_in_future"),
        ("2027", "birth_in_future"),
        ("2024-05-11", "birth_after_release"),
        ("2025", "birth_after_release"),
        ("2010-05-11", "too_young_at_release"),
        ("2011", "too_young_at_release"),
        ("1925-03-05", "birth_too_long_ago"),
        ("1905-06-07", "birth_too_long_ago"),
    ],
)
def test_a_birth_that_does_not_go_with_the_release_is_refused(birth: str, code: str) -> None:
    assert wrong(COMPLETED, birth=birth) == {"birth": [code]}


@pytest.mark.parametrize("birth", ["2010-05-10", "2010", "1925-03-06", "2008-02-29"])
def test_a_birth_at_the_edge_of_what_can_be_is_accepted(birth: str) -> None:
    assert load(COMPLETED, birth=birth)["birth"] == birth


def test_someone_born_on_29_february_is_fourteen_on_28_february() -> None:
    leap = {**COMPLETED, "birth": "2008-02-29", "completed_on": "2022-02-28"}
    assert load(leap)
    assert wrong(leap, completed_on="2022-02-27") == {"birth": ["too_young_at_release"]}


def test_the_birth_of_a_conditional_release_is_measured_at_the_end_of_probation() -> None:
    assert wrong(CONDITIONAL, birth="2013-02-01") == {"birth": ["too_young_at_release"]}


def test_a_wish_for_a_loan_says_what_for_and_how_much() -> None:
    assert wrong(COMPLETED, purpose=None, amount=None) == {
        "purpose": ["required_for_loan"],
        "amount": ["required_for_loan"],
    }


def test_a_training_loan_says_how_many_months() -> None:
    assert wrong(COMPLETED, purpose="training") == {"study_months": ["required_for_training"]}
    assert wrong(COMPLETED, study_months=9) == {"study_months": ["only_for_training"]}


def test_without_a_wish_nothing_is_asked_for() -> None:
    assert wrong(COMPLETED, wants_loan=False) == {"purpose": ["only_with_loan"], "amount": ["only_with_loan"]}
    assert load(COMPLETED, wants_loan=False, purpose=None, amount=None)["amount"] is None


def test_all_rules_that_are_broken_are_named_together() -> None:
    assert wrong(COMPLETED, birth="2025", purpose=None, probation_ends_on="2027-01-31") == {
        "birth": ["birth_after_release"],
        "purpose": ["required_for_loan"],
        "probation_ends_on": ["not_for_ground"],
    }
