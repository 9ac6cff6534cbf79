"""What the People's Committee decides on what it hears; what the bank does with a loan it only looks at."""

from services.commune.reactions import lists, residents
from shared.agreement.parties import Agency
from shared.messaging.reactions import NOT_OF_INTEREST, Reaction, Reactions

POLICE, BANK = Agency.POLICE, Agency.BANK

REACTIONS: Reactions = {
    (POLICE, "PersonReleased"): Reaction(each_case=residents.describe_resident),
    (POLICE, "ReleaseCorrected"): Reaction(each_case=residents.describe_resident),
    (POLICE, "ReleaseRetracted"): Reaction(each_case=residents.retract_resident),
    (POLICE, "ResidenceRegistered"): Reaction(each_case=residents.describe_resident),
    (POLICE, "ResidenceTransferred"): Reaction(each_case=residents.move_resident),
    (POLICE, "ListSentForConfirmation"): Reaction(whole=lists.receive_list),
    (POLICE, "ListSubmitted"): Reaction(whole=lists.note_submission),
    (POLICE, "ListOverdue"): Reaction(whole=lists.note_overdue),
    (POLICE, "ListEntryWithdrawn"): Reaction(whole=lists.withdraw_entry),
    (POLICE, "ListEntryCorrected"): Reaction(whole=lists.correct_entry),
    (POLICE, "ChannelDigest"): NOT_OF_INTEREST,
    (BANK, "ListAcknowledged"): NOT_OF_INTEREST,
    (BANK, "ListEntryRejected"): NOT_OF_INTEREST,
    (BANK, "LoanApproved"): NOT_OF_INTEREST,
    (BANK, "LoanRefused"): NOT_OF_INTEREST,
    (BANK, "LoanDisbursed"): NOT_OF_INTEREST,
    (BANK, "DebtRecovered"): NOT_OF_INTEREST,
    (BANK, "DebtRecoveryReversed"): NOT_OF_INTEREST,
    (BANK, "LoanBecameOverdue"): NOT_OF_INTEREST,
    (BANK, "LoanSettled"): NOT_OF_INTEREST,
    (BANK, "ChannelDigest"): NOT_OF_INTEREST,
}
