"""Told means told only what it needs: guards on every contract there is."""

import re

from shared.agreement.parties import Agency
from shared.contracts.base import Contract, To
from shared.contracts.export import rendered
from shared.contracts.jsonschema import Json, place, recipient_schema
from shared.contracts.registry import REGISTRY
from tests.contracts.language import CUTS, cuts, each_contract, each_cut, properties

# Promise 4: what the bank never learns, nor why somebody ceased to be eligible (a reason is a why).
NEVER_TO_THE_BANK = re.compile(
    r"offence|sentence|group|expunge|conduct|social_evil|note|remark|reason|why|decision|probation|crime|prison",
    re.IGNORECASE,
)
GROUND_OF_RELEASE = "sentence_completed"
# Texts that people write. All others are codes, ids, dates or patterns.
WRITTEN_BY_PEOPLE = {"full_name", "hamlet", "certificate_no", "document_no", "signer_name", "signer_title"}
LONGEST_TEXT = 100

told_to_the_bank = cuts([(contract, to) for contract, to in CUTS if to.agency is Agency.BANK])


@each_contract
def test_every_event_says_what_it_is_and_who_is_told_of_which_fields(contract: Contract) -> None:
    assert contract.summary.endswith(".") and len(contract.summary) <= 200
    assert contract.example and contract.to
    assert len({place(to) for to in contract.to}) == len(contract.to), "one agency twice at one place"
    for to in contract.to:
        assert to.fields and len(set(to.fields)) == len(to.fields)
        assert set(to.fields) <= set(contract.whole.fields)


@each_contract
def test_every_condition_of_telling_is_one_that_the_publisher_declares(contract: Contract) -> None:
    assert {to.only_if for to in contract.to if to.only_if} == set(contract.flags)


@each_cut
def test_the_office_told_is_found_by_a_commune_in_the_data_it_gets(contract: Contract, to: To) -> None:
    if contract.about == "channel":
        assert "commune" not in contract.whole.fields
    else:
        assert to.commune in to.fields
        assert recipient_schema(contract, to)["properties"][to.commune]["pattern"] == "^[0-9]{5}$"


def test_a_word_of_warning_is_found() -> None:
    for name in ("offence_article", "police_group", "expungement_due_on", "ended_reason", "noted"):
        assert NEVER_TO_THE_BANK.search(name)


@told_to_the_bank
def test_the_bank_is_told_nothing_of_the_offence_nor_why_somebody_dropped_out(
    contract: Contract, to: To
) -> None:
    for name, field in properties(recipient_schema(contract, to)):
        assert not NEVER_TO_THE_BANK.search(name), name
        for value in field.get("enum", ()):
            assert value is None or value == GROUND_OF_RELEASE or not NEVER_TO_THE_BANK.search(value), (
                name,
                value,
            )


def test_an_entry_that_ended_looks_alike_whatever_ended_it() -> None:
    shapes = []
    for name in ("EligibilityEnded", "ListEntryWithdrawn"):
        contract = REGISTRY[Agency.POLICE, name]
        (to,) = [to for to in contract.to if to.agency is Agency.BANK]
        shapes.append(recipient_schema(contract, to)["properties"])
    assert shapes[0] == shapes[1]
    assert set(shapes[0]) == {"list_id", "entry_id", "person_id", "commune", "ended_on"}


def test_the_bank_hears_of_a_confirmation_but_not_of_whom_it_concerns() -> None:
    contract = REGISTRY[Agency.COMMUNE, "ListConfirmed"]
    (to,) = [to for to in contract.to if to.agency is Agency.BANK]
    assert not to.sees_cases
    assert not {"decisions", "person_id", "entry_id"} & set(to.fields)


def _is_free_text(field: Json) -> bool:
    kinds = field.get("type", [])
    is_text = "string" in ([kinds] if isinstance(kinds, str) else kinds)
    return is_text and not {"enum", "pattern", "format"} & field.keys()


@each_cut
def test_nobody_is_told_fractions_or_free_text(contract: Contract, to: To) -> None:
    for name, field in properties(recipient_schema(contract, to)):
        assert "number" not in str(field.get("type")), name
        if _is_free_text(field):
            assert name in WRITTEN_BY_PEOPLE, f"{name}: reasons are codes, notes stay home"
            assert field["maxLength"] <= LONGEST_TEXT, name


@each_cut
def test_a_person_is_described_in_particulars_and_nowhere_else(contract: Contract, to: To) -> None:
    schema = recipient_schema(contract, to)
    described = {"full_name", "birth", "sex", "identity_number", "hamlet"}
    assert not described & schema["properties"].keys()
    for name, inner in schema.get("$defs", {}).items():
        assert name == "Particulars" or not described & inner["properties"].keys()


def test_what_the_publisher_alone_knows_is_in_no_exported_file_of_the_event() -> None:
    found = 0
    for contract in REGISTRY.by_type.values():
        kept = set(contract.whole.fields) - {field for to in contract.to for field in to.fields}
        folder = f"{contract.publisher}/{contract.name}.v{contract.version}/"
        for path, text in rendered().items():
            if path.startswith(folder):
                assert not [field for field in kept if f'"{field}"' in text]
                found += len(kept)
    assert found, "no contract keeps anything home, so this test would prove nothing"
