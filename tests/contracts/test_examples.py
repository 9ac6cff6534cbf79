"""Every event has an example, and the example is one."""

from shared.contracts.base import Contract, To
from shared.contracts.hashing import content_hash
from shared.contracts.jsonschema import recipient_schema
from tests.contracts.language import CONTRACTS, each_contract, each_cut, validator


@each_contract
def test_the_example_says_everything_that_the_contract_has_and_nothing_else(contract: Contract) -> None:
    assert contract.whole.validate(contract.example) == {}
    assert set(contract.example) == set(contract.whole.fields)


@each_cut
def test_what_a_recipient_gets_of_the_example_fits_what_he_was_promised(contract: Contract, to: To) -> None:
    cut = contract.cut(contract.example, to)
    assert contract.seen_by(to.agency, cut).validate(cut) == {}
    validator(recipient_schema(contract, to)).validate(cut)


@each_cut
def test_what_stays_home_is_refused_when_it_travels(contract: Contract, to: To) -> None:
    kept = set(contract.example) - set(to.fields)
    schema = validator(recipient_schema(contract, to))
    for field in kept:
        assert not schema.is_valid({**contract.cut(contract.example, to), field: contract.example[field]})


def test_the_hash_in_an_example_is_the_hash_of_its_entries() -> None:
    hashed = [
        contract.example
        for contract in CONTRACTS
        if {"entries", "content_hash"} <= contract.example.keys()
        and isinstance(contract.example["entries"], list)
    ]
    assert hashed
    for example in hashed:
        assert example["content_hash"] == content_hash(example["entries"])
