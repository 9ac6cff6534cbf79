"""The commune People's Committee's service."""

from services.commune.api import blueprints
from services.commune.duties import duties_on
from services.commune.publications import published
from services.commune.reactions import REACTIONS
from services.commune.views import views
from services.commune.web import LIST_FACES, tasks
from shared.agreement.parties import Agency
from shared.hosting.definition import AgencyDefinition

AGENCY = AgencyDefinition(
    agency=Agency.COMMUNE,
    title_vi="Ủy ban nhân dân xã",
    title_en="Commune People's Committee",
    published=published,
    reactions=REACTIONS,
    views=views,
    duties_on=duties_on,
    blueprints=blueprints,
    list_faces=LIST_FACES,
    tasks=tasks,
)
