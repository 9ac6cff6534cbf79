"""The inbox: the one way in for what other parties say.

`sequence ≤ position` is a duplicate (compared by hash), `= position + 1` is heard, `> position + 1` stops
the channel. Receipt, our decisions on it and the new position are one commit.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from eventsourcing.persistence import IntegrityError, Tracking

from shared.agreement.parties import Agreement, Channel
from shared.log.application import DECIDE_AGAIN, AgencyLog, UnitOfWork
from shared.log.channels import Heard, chain
from shared.messaging.channel_state import ChannelState, ChannelStopped, channel_state_id
from shared.messaging.envelope import Envelope, Letter, open_envelope
from shared.messaging.parking import MOST_WAITING, DiscardWished, ParkedCase, parked_id
from shared.messaging.reactions import HeardEvent, Reactions
from shared.messaging.receipt import (
    EventHeard,
    NotInContract,
    Receipt,
    read_event,
    receipt_id,
    understand,
    verify,
)
from shared.messaging.steps import (
    STORE_TROUBLE,
    WAITS,
    StepFailed,
    act,
    do_step,
    park,
    reaction_to,
    steps_of,
)

logger = logging.getLogger(__name__)

MOST_PARKED_IN_A_ROW = 50


class StopChannel(Exception):
    """What came cannot be right; `code` as in ChannelStopped."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Inbox:
    """Hears the channels of one service's offices. One thread at a time per channel."""

    def __init__(self, log: AgencyLog, agreement: Agreement, reactions: Reactions) -> None:
        self.log = log
        self.agreement = agreement
        self.reactions = reactions
        self._parked_in_a_row: dict[str, int] = {}

    def position(self, channel: Channel) -> int:
        """The sequence up to which the channel was heard."""
        return self.log.books.max_tracking_id(channel.name) or 0

    def last_event_id(self, channel: Channel) -> str | None:
        return self.log.books.event_id_at("heard", channel.name, self.position(channel))

    def stopped(self, channel: Channel) -> ChannelStopped | None:
        """Why the channel is not listened to, None when it is."""
        state = self.log.find(ChannelState, channel_state_id(channel))
        return None if state is None else state.stopped

    def hear(self, channel: Channel, messages: Sequence[bytes]) -> int:
        """Hear messages in the order in which they came; returns the position reached.

        What cannot be right stops the channel, which is recorded; everything before it is heard.
        """
        if not messages or self.stopped(channel):
            return self.position(channel)
        try:
            try:
                self._hear_together(channel, messages)
            except Exception as error:
                if isinstance(error, STORE_TROUBLE) and not isinstance(error, IntegrityError):
                    raise
                for message in messages:
                    self._hear_alone(channel, message)
        except StopChannel as stop:
            self._stop(channel, stop)
        return self.position(channel)

    def refuse(self, channel: Channel, reason: str) -> None:
        """Stop the channel for something on it that is no message at all."""
        self._stop(channel, StopChannel("unreadable", reason))

    def _hear_together(self, channel: Channel, messages: Sequence[bytes]) -> None:
        work = self._work(channel)
        position = self.position(channel)
        for message in messages:
            letter = self._open(channel, message)
            if self._is_new(work, channel, letter, position):
                self._take(work, channel, letter, self._read(channel, letter.envelope), {})
                position = letter.envelope.number
                if self._stops(work, channel):
                    break
        if work.heard:
            work.commit(Tracking(channel.name, position))
            self._parked_in_a_row[channel.name] = 0

    def _hear_alone(self, channel: Channel, message: bytes) -> None:
        """As above for one message; the steps that fail are parked and the others done."""
        letter = self._open(channel, message)
        event = self._read(channel, letter.envelope)
        failed: dict[UUID, Exception] = {}
        conflicts = 0
        while True:
            work = self._work(channel)
            if self._stops(work, channel) or not self._is_new(work, channel, letter, self.position(channel)):
                return
            try:
                self._take(work, channel, letter, event, failed)
                work.commit(Tracking(channel.name, letter.envelope.number))
            except StepFailed as failure:
                failed[failure.key] = failure.cause
            except OverflowError as error:
                raise StopChannel("too_many_parked", str(error)) from error
            except IntegrityError:
                conflicts += 1
                if conflicts == DECIDE_AGAIN:
                    raise
            except STORE_TROUBLE:
                raise
            except Exception as error:  # What was decided cannot be recorded or told, whichever step it was.
                keys = {UUID(letter.envelope.subject), *letter.envelope.case_ids}
                if keys <= failed.keys():
                    raise
                failed.update(dict.fromkeys(keys, error))
            else:
                break
        for key, cause in failed.items():
            logger.warning("parked %s at %s: %s", key, channel.hearer, type(cause).__name__)
        self._count_parked(channel, bool(failed))

    @staticmethod
    def _stops(work: UnitOfWork, channel: Channel) -> bool:
        state = work.find(ChannelState, channel_state_id(channel))
        return state is not None and state.stopped is not None

    def _count_parked(self, channel: Channel, parked: bool) -> None:
        in_a_row = self._parked_in_a_row.get(channel.name, 0) + 1 if parked else 0
        self._parked_in_a_row[channel.name] = in_a_row
        if in_a_row >= MOST_PARKED_IN_A_ROW:
            self._parked_in_a_row[channel.name] = 0
            raise StopChannel("too_many_parked", f"{in_a_row} events in a row could not be acted on")

    def _work(self, channel: Channel) -> UnitOfWork:
        return self.log.work(channel.hearer, f"inbox:{channel.publisher}")

    def _open(self, channel: Channel, message: bytes) -> Letter:
        try:
            letter = Letter.read(message)
        except ValueError as error:
            raise StopChannel("unreadable", f"a message is no envelope: {error}") from error
        if letter.envelope.publisher != channel.publisher:
            raise StopChannel("foreign", f"source is {letter.envelope.source}, expected {channel.publisher}")
        return letter

    def _is_new(self, work: UnitOfWork, channel: Channel, letter: Letter, position: int) -> bool:
        """Whether the message is the next one. Raises StopChannel when it is neither that nor one heard before."""
        id, number = letter.envelope.id, letter.envelope.number
        if number > position + 1:
            raise StopChannel("gap", f"{number} came, {position + 1} to {number - 1} are missing")
        known = work.find(Receipt, receipt_id(channel, id))
        if number == position + 1:
            if known is not None:
                raise StopChannel(
                    "changed", f"event {id} came as {known.heard.sequence} and again as {number}"
                )
            return True
        if known is None:
            raise StopChannel("went_back", f"{number} came again as another event; {position} were heard")
        if known.hash != letter.hash:
            raise StopChannel("changed", f"event {id} came again with other content")
        return False

    def _take(
        self,
        work: UnitOfWork,
        channel: Channel,
        letter: Letter,
        event: HeardEvent | NotInContract,
        failed: dict[UUID, Exception],
    ) -> None:
        """Receive a message and do every step of it that can be done; park those in `failed`, and what waits."""
        envelope = letter.envelope
        work.collect()
        work.correlation = UUID(envelope.correlationid)
        work.causation = UUID(envelope.id)
        if isinstance(event, HeardEvent):
            receipt = self._receive(work, channel, letter, understood=True)
            if event.contract.name == "ChannelDigest":
                self._compare_digests(work, channel, event)
            act(work, event, reaction_to(event, self.reactions), receipt.id, failed)
        else:
            subject = UUID(envelope.subject)
            if subject not in failed:
                raise StepFailed(subject, event)
            receipt = self._receive(work, channel, letter, understood=False)
            for key in dict.fromkeys((subject, *envelope.case_ids)):
                park(work, channel.hearer, key, receipt.id, event)
        work.collect()

    def _receive(self, work: UnitOfWork, channel: Channel, letter: Letter, *, understood: bool) -> Receipt:
        envelope = letter.envelope
        receipt = work.add(Receipt(receipt_id(channel, envelope.id)))
        receipt.trigger(
            EventHeard,
            envelope.time,
            channel=channel.name,
            sequence=envelope.number,
            envelope=letter.sealed.decode(),
            understood=understood,
        )
        work.heard.append(Heard(channel.name, envelope.number, envelope.id, letter.hash))
        return receipt

    def _read(self, channel: Channel, envelope: Envelope) -> HeardEvent | NotInContract:
        try:
            event = understand(channel, envelope)
            verify(event, self.agreement)
        except NotInContract as error:
            return error
        return event

    def _compare_digests(self, work: UnitOfWork, channel: Channel, event: HeardEvent) -> None:
        upto = event.data["upto"]
        ours = self.log.books.digest_at("heard", channel.name, upto)
        _, digest = self.log.books.head("heard", channel.name)
        for heard in work.heard:  # of this batch, not yet recorded
            digest = chain(digest, heard.hash)
            if heard.sequence == upto:
                ours = digest
        if ours is None or ours.hex() != event.data["digest"]:
            held = "nothing" if ours is None else ours.hex()
            reason = f"digests differ at {upto}: ours {held}, theirs {event.data['digest']}"
            state = work.get_or_new(ChannelState, channel_state_id(channel))
            state.stop(work.now, channel, "digest", reason)

    def _stop(self, channel: Channel, stop: StopChannel) -> None:
        logger.error("channel %s stopped (%s): %s", channel.name, stop.code, stop.reason)
        self.log.decide(
            channel.hearer,
            "inbox",
            lambda work: work.get_or_new(ChannelState, channel_state_id(channel)).stop(
                work.now, channel, stop.code, stop.reason
            ),
        )

    def carry_out_wish(self, office: str, key: UUID) -> None:
        """Do what was wished for a parked case, then go on with what waits behind, until something fails again."""
        if self.log.get(ParkedCase, parked_id(office, key)).wish is not None:
            self._go_through(office, key)

    def _go_through(self, office: str, key: UUID) -> None:
        for _ in range(MOST_WAITING):
            parked = self.log.find(ParkedCase, parked_id(office, key))
            if parked is None or not parked.waiting:
                return
            receipt = self.log.get(Receipt, parked.waiting[0])
            if not self._carry_out(office, key):
                return
            for case in _cases(receipt) if key == _subject(receipt) else ():
                behind = self.log.find(ParkedCase, parked_id(office, case))
                if case != key and behind is not None and behind.waiting[:1] == [receipt.id]:
                    self._go_through(office, case)

    def _carry_out(self, office: str, key: UUID) -> bool:
        """One step of a queue; False when it failed (again)."""
        try:
            self.log.decide(office, "parking", lambda work: self._retry_or_discard(work, office, key))
        except STORE_TROUBLE:
            raise
        except Exception as failure:
            cause = failure.cause if isinstance(failure, StepFailed) else failure
            self.log.decide(office, "parking", lambda work: self._park_again(work, office, key, cause))
            return False
        return True

    def _retry_or_discard(self, work: UnitOfWork, office: str, key: UUID) -> None:
        parked = work.get(ParkedCase, parked_id(office, key))
        receipt = work.get(Receipt, parked.waiting[0])
        if isinstance(parked.wish, DiscardWished):
            parked.discard(work.now, parked.wish.by, parked.wish.why)
            return
        event = read_event(receipt.heard, self.agreement)
        work.correlation, work.causation = UUID(_envelope(receipt).correlationid), event.event_id
        reaction = reaction_to(event, self.reactions)
        if key != event.subject and self._whole_still_parked(work, office, event, receipt):
            raise StepFailed(key, WAITS)
        do_step(work, event, reaction, key, steps_of(event, reaction).get(key, []))
        parked.done(work.now)

    @staticmethod
    def _whole_still_parked(work: UnitOfWork, office: str, event: HeardEvent, receipt: Receipt) -> bool:
        whole = work.find(ParkedCase, parked_id(office, event.subject))
        return whole is not None and receipt.id in whole.waiting

    def _park_again(self, work: UnitOfWork, office: str, key: UUID, cause: Exception) -> None:
        parked = work.get(ParkedCase, parked_id(office, key))
        park(work, office, key, parked.waiting[0], cause)


def _envelope(receipt: Receipt) -> Envelope:
    return open_envelope(receipt.heard.envelope.encode())


def _subject(receipt: Receipt) -> UUID:
    return UUID(_envelope(receipt).subject)


def _cases(receipt: Receipt) -> tuple[UUID, ...]:
    return _envelope(receipt).case_ids
