"""What a worker listens to and tells: a thread per channel, over the carrier that its settings name."""

from threading import Event

from shared.hosting.config import Config, Link
from shared.hosting.host import Host
from shared.messaging.carrier import FeedReader
from shared.messaging.kafka.reader import TopicReader
from shared.messaging.kafka.relay import Relay
from shared.messaging.moving import KAFKA, Moving, carrier_of
from shared.messaging.puller import LONGEST_PAUSE, Carrier, Line, Puller


class Lines:
    """`pullers` hear, `relays` copy what we tell to the broker; what is not relayed peers read as a feed."""

    def __init__(self, host: Host, stopping: Event) -> None:
        self._host = host
        self._stopping = stopping
        self._feeds: dict[tuple[str, str], FeedReader] = {}
        self._topics: list[TopicReader] = []
        self.pullers = [self._puller(host.config, link) for link in host.config.links]
        self.relays = [
            Relay(host.config.the_broker, host.service.log, channel, stopping)
            for channel in host.config.relayed
        ]

    def start(self) -> None:
        for thread in (*self.pullers, *self.relays):
            thread.start()

    def report(self) -> tuple[list[Line], list[Line]]:
        """(of what is heard, of what is relayed)."""
        for puller in self.pullers:
            if isinstance(puller.carrier, Moving):
                puller.line.carrier = puller.carrier.way()
        return [puller.line for puller in self.pullers], [relay.line for relay in self.relays]

    def end(self) -> None:
        """After `stopping` was set: return once nothing is or will be recorded or sent, or it took too long."""
        for puller in self.pullers:
            puller.wait_for_recording(LONGEST_PAUSE)
        for relay in self.relays:
            if relay.ident is not None:
                relay.join(LONGEST_PAUSE)
        for topic in self._topics:
            topic.end(LONGEST_PAUSE)

    def _puller(self, config: Config, link: Link) -> Puller:
        puller = Puller(self._host.inbox, link.channel, self._carrier(config, link), self._stopping)
        puller.line.carrier = link.carrier
        return puller

    def _carrier(self, config: Config, link: Link) -> Carrier:
        if link.carrier != KAFKA:
            return self._feed(link)
        channel = link.channel
        topic = TopicReader(config.the_broker, channel, self._host.inbox, self._stopping)
        self._topics.append(topic)
        if not link.url or carrier_of(self._host.service.log, channel) == KAFKA:
            return topic
        return Moving(self._host.inbox, channel, self._feed(link), topic, KAFKA)

    def _feed(self, link: Link) -> FeedReader:
        # One pool of connections for all that one peer tells one of our offices.
        return self._feeds.setdefault((link.url, link.secret), FeedReader(link.url, link.secret))
