"""The commune police's service."""

from services.police.api import blueprints
from services.police.application.imports import import_file
from services.police.duties import duties_on
from services.police.publications import published
from services.police.reactions import REACTIONS
from services.police.views import views
from services.police.web import LIST_FACES, tasks
from shared.agreement.parties import Agency
from shared.hosting.definition import AgencyDefinition

AGENCY = AgencyDefinition(
    agency=Agency.POLICE,
    title_vi="Công an xã",
    title_en="Commune police",
    published=published,
    reactions=REACTIONS,
    views=views,
    duties_on=duties_on,
    blueprints=blueprints,
    list_faces=LIST_FACES,
    tasks=tasks,
    import_file=import_file,
)
