"""What the bank decides on what it hears. Facts may come in any order across channels."""

from services.bank.reactions import lists, persons
from shared.agreement.parties import Agency
from shared.messaging.reactions import NOT_OF_INTEREST, Reaction, Reactions

POLICE, COMMUNE = Agency.POLICE, Agency.COMMUNE

REACTIONS: Reactions = {
    (POLICE, "ListSubmitted"): Reaction(whole=lists.receive_submission, each_case=persons.list_entries),
    (COMMUNE, "ListConfirmed"): Reaction(whole=lists.receive_confirmation),
    (POLICE, "ListEntryWithdrawn"): Reaction(each_case=persons.end_entry),
    (POLICE, "EligibilityEnded"): Reaction(each_case=persons.end_entry),
    (POLICE, "ListEntryCorrected"): Reaction(each_case=persons.correct_entry),
    (POLICE, "ResidenceTransferred"): Reaction(each_case=persons.move),
    # Lateness counts against whoever holds the list; the month file shows it, the bank decides nothing.
    (POLICE, "ListOverdue"): NOT_OF_INTEREST,
    (POLICE, "ChannelDigest"): NOT_OF_INTEREST,
    (COMMUNE, "ChannelDigest"): NOT_OF_INTEREST,
}
