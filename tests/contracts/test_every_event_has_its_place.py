"""An event that was added is published by somebody, and everybody who hears it has decided what to do."""

from importlib import import_module

import pytest

from shared.agreement import casefile, monthfile, wording
from shared.agreement.parties import Agency
from shared.contracts.base import Contract
from shared.messaging.reactions import Reactions
from tests.contracts.language import CUTS, ROOT, SCHEMAS, each_contract, properties

# Said by every agency's daily tick, of a channel and not of a person or a list.
OF_CHANNELS = {"ChannelDigest"}
NOT_FOLDED = OF_CHANNELS


@pytest.mark.parametrize("agency", list(Agency))
def test_an_agency_reacts_to_all_it_is_told_or_says_that_it_does_not(agency: Agency) -> None:
    reactions: Reactions = import_module(f"services.{agency}.reactions").REACTIONS
    told = {(contract.publisher, contract.name) for contract, to in CUTS if to.agency is agency}
    assert set(reactions) == told


@each_contract
def test_every_event_is_spoken_by_its_publisher(contract: Contract) -> None:
    where = (
        "shared/messaging/digest.py"
        if contract.name in OF_CHANNELS
        else f"services/{contract.publisher}/publications.py"
    )
    assert f'"{contract.name}"' in (ROOT / where).read_text(encoding="utf-8"), where


@each_contract
def test_every_event_is_in_the_case_file_or_the_month_or_named_as_in_neither(contract: Contract) -> None:
    folded = {*casefile._HANDLERS, *monthfile._HANDLERS}
    assert (contract.name in folded) is not (contract.name in NOT_FOLDED)


def test_the_case_file_folds_nothing_that_nobody_says() -> None:
    assert {*casefile._HANDLERS, *monthfile._HANDLERS} <= {contract.name for contract, _ in CUTS}


def test_every_event_and_every_code_has_its_name_on_screen() -> None:
    assert set(wording.EVENTS) == {contract.name for contract, _ in CUTS}
    codes = {
        value
        for schema in SCHEMAS.values()
        for _, field in properties(schema)
        for value in field.get("enum", ())
        if value is not None
    }
    assert codes and codes <= wording.CODES.keys()
