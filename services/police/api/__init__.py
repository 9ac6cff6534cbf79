"""The commune police's HTTP API."""

from collections.abc import Sequence

from services.police.api import imports, lists, persons
from shared.hosting.definition import Service
from shared.web.api import ApiBlueprint


def blueprints(service: Service) -> Sequence[ApiBlueprint]:
    return [persons.blueprint(service), lists.blueprint(service), imports.blueprint(service)]
