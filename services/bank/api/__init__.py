"""The bank's HTTP API."""

from collections.abc import Sequence

from services.bank.api import lists, loans, money
from shared.hosting.definition import Service
from shared.web.api import ApiBlueprint


def blueprints(service: Service) -> Sequence[ApiBlueprint]:
    return [
        lists.lists_api(service),
        lists.entries_api(service),
        loans.blueprint(service),
        money.blueprint(service),
    ]
