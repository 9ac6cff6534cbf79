"""Whether two parties agree: over what both hold, the fold gives equal case files.

Both sides compute the same hash from their own log: the publisher from `told`, the hearer from its
receipts, both cut at the same sequences.
"""

from collections.abc import Iterator
from uuid import UUID

import msgspec

from shared.agreement.casefile import CaseFile, Spoken, fold
from shared.agreement.parties import Channel
from shared.contracts.hashing import sha256_of
from shared.log.application import PAGE, AgencyLog
from shared.messaging.envelope import Envelope, open_envelope
from shared.messaging.receipt import EventHeard, understand

HEARD = f"{EventHeard.TOPIC}#{EventHeard.VERSION}"


def pair_hash(log: AgencyLog, own: Channel, upto_own: int, theirs: Channel, upto_theirs: int) -> str:
    """The hash (hex) over the case files that follow from `own` (told by us) and `theirs` (heard by us)."""
    files: dict[UUID, CaseFile] = {}
    for channel, envelopes in ((own, told(log, own, upto_own)), (theirs, heard(log, theirs, upto_theirs))):
        for envelope in envelopes:
            event = understand(channel, envelope)
            spoken = Spoken(
                event.event_id, event.contract.name, channel.publisher, event.occurred, event.data
            )
            for case in event.cases:
                fold(files.setdefault(case, CaseFile(case)), spoken)
    return sha256_of([msgspec.to_builtins(files[case], str_keys=True) for case in sorted(files)])


def told(log: AgencyLog, channel: Channel, upto: int) -> Iterator[Envelope]:
    after = 0
    while messages := log.books.select_told(channel.name, after, PAGE):
        for message in messages:
            if message.sequence > upto:
                return
            yield open_envelope(message.envelope)
        after = messages[-1].sequence


def heard(log: AgencyLog, channel: Channel, upto: int) -> Iterator[Envelope]:
    after = 0
    while notifications := log.books.select_notifications(
        after, PAGE, topics=[HEARD], inclusive_of_start=False
    ):
        for notification in notifications:
            event = log.mapper.to_domain_event(notification)
            assert isinstance(event, EventHeard)
            # What was not understood is parked, and then the parties do not agree anyway.
            if event.channel == channel.name and event.sequence <= upto and event.understood:
                yield open_envelope(event.envelope.encode())
        after = notifications[-1].id
