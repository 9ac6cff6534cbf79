"""All contracts, together."""

from shared.contracts import bank, commune, police
from shared.contracts.base import Registry

REGISTRY = Registry(*police.CONTRACTS, *commune.CONTRACTS, *bank.CONTRACTS)
