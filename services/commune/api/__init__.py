"""The committee's HTTP API."""

from collections.abc import Sequence

from services.commune.api import lists, residents
from shared.hosting.definition import Service
from shared.web.api import ApiBlueprint


def blueprints(service: Service) -> Sequence[ApiBlueprint]:
    return [lists.blueprint(service), residents.blueprint(service)]
