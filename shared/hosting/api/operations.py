"""Operations over HTTP: status, parked cases, channels and their digests, the stepped clock."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import marshmallow as ma
import msgspec
from flask import Response, jsonify

from shared.agreement.acting import Command, Role
from shared.agreement.errors import NotFound, Refused
from shared.agreement.parties import Channel
from shared.hosting.definition import Service
from shared.hosting.status import Status
from shared.log.application import Outcome
from shared.log.clock import SteppedClock
from shared.messaging.channel_state import ChannelState, channel_state_id
from shared.messaging.parked_view import parked
from shared.messaging.parking import ParkedCase, parked_id
from shared.mirror.agree import pair_hash
from shared.web.api import ApiBlueprint
from shared.web.auth import current_user, require
from shared.web.commands import command, command_response

StatusOf = Callable[[str | None], Status]
"""The status of one office, or of the whole service."""


class Discard(ma.Schema):
    why = ma.fields.String(required=True, validate=ma.validate.Length(min=3, max=500))


class Cuts(ma.Schema):
    """`told` and `heard`: the sequences up to which the pair is compared."""

    told = ma.fields.Integer(required=True, validate=ma.validate.Range(0))
    heard = ma.fields.Integer(required=True, validate=ma.validate.Range(0))


class Step(ma.Schema):
    now = ma.fields.AwareDateTime(required=True)


class ClockRefused(Refused):
    code = "clock_cannot_go_back"


def blueprints(service: Service, status_of: StatusOf) -> list[ApiBlueprint]:
    made = [_status(status_of), _parked(service), _channels(service)]
    if isinstance(service.clock, SteppedClock):
        made.append(_clock(service, service.clock))
    return made


def _status(status_of: StatusOf) -> ApiBlueprint:
    api = ApiBlueprint("status", __name__, url_prefix="/api/status", description="How this service is")

    @api.get("")
    def read_status() -> Response:
        user = current_user()
        status = status_of(None if user.role is Role.ADMINISTRATOR else user.office)
        return Response(msgspec.json.encode(status), mimetype="application/json")

    return api


def _parked(service: Service) -> ApiBlueprint:
    api = ApiBlueprint(
        "parked", __name__, url_prefix="/api/parked", description="Cases that wait for a person"
    )

    @api.get("")
    def list_parked() -> Response:
        with service.views.reading() as db:
            rows = parked(db, current_user().office)
        return jsonify(items=msgspec.to_builtins(rows))

    @api.post("/<uuid:key>/retry")
    @require(Role.ADMINISTRATOR, Role.LEADER)
    @command()
    def retry(key: UUID, command: Command) -> Response:
        def wish(work: Any) -> ParkedCase:
            case: ParkedCase = work.get(ParkedCase, parked_id(command.user.office, key))
            case.wish_retry(work.now, command.user.username, key)
            return case

        return _wished(key, service.log.execute(command, wish))

    @api.post("/<uuid:key>/discard")
    @require(Role.ADMINISTRATOR, Role.LEADER)
    @command()
    @api.arguments(Discard)
    def discard(body: dict[str, str], key: UUID, command: Command) -> Response:
        def wish(work: Any) -> ParkedCase:
            case: ParkedCase = work.get(ParkedCase, parked_id(command.user.office, key))
            case.wish_discard(work.now, command.user.username, key, body["why"])
            return case

        return _wished(key, service.log.execute(command, wish))

    return api


def _wished(key: UUID, outcome: Outcome) -> Response:
    return command_response({"key": str(key)}, outcome.version, replayed=outcome.replayed)


def _channels(service: Service) -> ApiBlueprint:
    api = ApiBlueprint("channels", __name__, url_prefix="/api/channels", description="Channels and digests")

    @api.post("/<publisher>/resume")
    @require(Role.ADMINISTRATOR)
    @command()
    def resume(publisher: str, command: Command) -> Response:
        channel = Channel(publisher, command.user.office)

        def act(work: Any) -> ChannelState:
            state: ChannelState = work.get(ChannelState, channel_state_id(channel))
            state.resume(work.now, channel, command.user.username)
            return state

        outcome = service.log.execute(command, act)
        return command_response({"channel": channel.name}, outcome.version, replayed=outcome.replayed)

    @api.get("/<party>/agreement")
    @api.arguments(Cuts, location="query")
    def agreement(query: dict[str, int], party: str) -> Response:
        """What both parties hold, as hashes: equal on both sides when they agree."""
        own, theirs = Channel(current_user().office, party), Channel(party, current_user().office)
        told = service.log.books.digest_at("told", own.name, query["told"])
        heard = service.log.books.digest_at("heard", theirs.name, query["heard"])
        if told is None or heard is None:
            raise NotFound("channel", f"{own.name} {query['told']}, {theirs.name} {query['heard']}")
        files = pair_hash(service.log, own, query["told"], theirs, query["heard"])
        return jsonify(told=told.hex(), heard=heard.hex(), case_files=files)

    return api


def _clock(service: Service, clock: SteppedClock) -> ApiBlueprint:
    api = ApiBlueprint("clock", __name__, url_prefix="/api/clock", description="The stepped clock")

    @api.get("")
    def read_clock() -> Response:
        return jsonify(now=clock().isoformat())

    @api.post("")
    @require(Role.ADMINISTRATOR)
    @api.arguments(Step)
    def step(body: dict[str, Any]) -> Response:
        try:
            clock.step_to(body["now"])
        except ValueError as error:
            raise ClockRefused("Đồng hồ không lùi được.", str(error)) from error
        service.log.wake()
        return jsonify(now=clock().isoformat())

    return api
