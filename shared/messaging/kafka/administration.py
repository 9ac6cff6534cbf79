"""Setting a broker up for an agreement: its topics, who may write and read them, and the parties' passwords.

Topics exist because somebody ran `phoihop broker setup`, never because a client named one.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from kafka import errors
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
    UserScramCredentialUpsertion,
)

from shared.agreement.parties import Agreement, Channel
from shared.messaging.kafka.access import BrokerAccess
from shared.messaging.kafka.binding import MOST_MESSAGE_BYTES
from shared.messaging.kafka.clients import administrating, naming_troubles

AT_ONCE = 100
"""Topics, or rules, in one request."""
DAY_MILLISECONDS = 24 * 60 * 60 * 1000
_ANY_HOST = "*"


class BrokerRefused(ValueError):
    """The broker, or a topic on it, is not as the agreement needs it."""


@contextmanager
def administration(access: BrokerAccess, user: str) -> Iterator["Administration"]:
    """Raises PeerTrouble."""
    with administrating(access, user) as admin:
        yield Administration(access, user, admin)


def channels_of(agreement: Agreement) -> list[Channel]:
    """Every channel that the agreement allows."""
    return [channel for party in agreement.parties for channel in agreement.channels_to(party)]


class Administration:
    """Acts on a broker as its administrator. Raises PeerTrouble, BrokerRefused."""

    def __init__(self, access: BrokerAccess, user: str, admin: Any) -> None:
        self.access = access
        self.user = user
        self._admin = admin

    def set_up(
        self, channels: Iterable[Channel], *, replication: int, retention_days: int | None = None
    ) -> list[str]:
        """Make what is missing, set what differs; returns the topics made. A second call changes nothing.

        `retention_days` None: for ever. With TLS also the access rules: a party writes the channels it
        publishes, reads those and the ones addressed to it; other rules on these topics are taken away.
        """
        wanted = {self.access.topic(channel): channel for channel in channels}
        with naming_troubles(self.access, self.user, "the broker"):
            made = self._make_topics(sorted(wanted), replication, retention_days)
            if self.access.ca_file is not None:
                self._set_rules(wanted)
        return made

    def grant(self, party: str) -> str:
        """A new password for a party, shown once; the old one stops working for new connections."""
        password = secrets.token_urlsafe(24)
        change = UserScramCredentialUpsertion(party, self.access.mechanism, password)
        with naming_troubles(self.access, self.user, "the broker"):
            refused = self._admin.alter_user_scram_credentials([change])[party]
        if refused:
            raise BrokerRefused(f"the broker takes no password for {party}: {refused}")
        return password

    def _make_topics(self, topics: list[str], replication: int, retention_days: int | None) -> list[str]:
        configs = {
            "cleanup.policy": "delete",
            "retention.ms": str(-1 if retention_days is None else retention_days * DAY_MILLISECONDS),
            "retention.bytes": "-1",
            "max.message.bytes": str(MOST_MESSAGE_BYTES),
            "min.insync.replicas": str(max(1, replication - 1)),
        }
        missing = []
        for some in _in_pieces(topics):
            found = {each["name"]: each for each in self._admin.describe_topics(some)}
            there = [topic for topic in some if found[topic]["error_code"] == 0]
            for topic in there:
                if len(found[topic]["partitions"]) != 1:
                    raise BrokerRefused(
                        f"{topic} has {len(found[topic]['partitions'])} partitions, expected 1: make it anew"
                    )
            self._configure(there, configs)
            missing += [topic for topic in some if topic not in there]
        for some in _in_pieces(missing):
            settings = {"num_partitions": 1, "replication_factor": replication, "configs": configs}
            self._admin.create_topics(dict.fromkeys(some, settings), wait_for_metadata=True)
        return missing

    def _configure(self, topics: list[str], configs: dict[str, str]) -> None:
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic, dict(configs)) for topic in topics]
        if resources:
            for topic, result in self._admin.alter_configs(resources, raise_on_unknown=False)[
                "topic"
            ].items():
                if result != "OK":
                    raise BrokerRefused(f"{topic} cannot be configured: {result}")

    def _set_rules(self, topics: dict[str, Channel]) -> None:
        wanted = {rule for topic, channel in topics.items() for rule in _rules(topic, channel)}
        every = ResourcePatternFilter(ResourceType.TOPIC, None, ACLResourcePatternType.ANY)
        found, error = self._admin.describe_acls(
            ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, every)
        )
        if error is not errors.NoError:
            raise BrokerRefused(f"the broker keeps no access rules: {error.__name__}")
        ours = {rule for rule in found if rule.resource_pattern.resource_name in topics}
        for some in _in_pieces(sorted(wanted - ours, key=repr)):
            if failed := self._admin.create_acls(some)["failed"]:
                raise BrokerRefused(f"{len(failed)} access rules were refused: {failed[0].__name__}")
        for some in _in_pieces(sorted(ours - wanted, key=repr)):
            for _, _, error in self._admin.delete_acls(some):
                if error is not errors.NoError:
                    raise BrokerRefused(f"an access rule could not be taken away: {error.__name__}")


def _rules(topic: str, channel: Channel) -> Iterator[Any]:
    pattern = ResourcePattern(ResourceType.TOPIC, topic)
    for party, operation in (
        (channel.publisher, ACLOperation.WRITE),
        (channel.publisher, ACLOperation.READ),
        (channel.hearer, ACLOperation.READ),
    ):
        yield ACL(f"User:{party}", _ANY_HOST, operation, ACLPermissionType.ALLOW, pattern)


def _in_pieces(items: list[Any]) -> Iterator[list[Any]]:
    for begin in range(0, len(items), AT_ONCE):
        yield items[begin : begin + AT_ONCE]
