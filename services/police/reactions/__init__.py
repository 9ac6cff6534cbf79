"""What the commune police decide when they hear what the others did."""

from services.police.reactions import lists, loans, transfers
from shared.agreement.parties import Agency
from shared.messaging.reactions import NOT_OF_INTEREST, Reaction, Reactions

POLICE, COMMUNE, BANK = Agency.POLICE, Agency.COMMUNE, Agency.BANK

REACTIONS: Reactions = {
    (POLICE, "ResidenceTransferred"): Reaction(each_case=transfers.take_over),
    (POLICE, "ChannelDigest"): NOT_OF_INTEREST,
    (COMMUNE, "ListConfirmed"): Reaction(whole=lists.confirmed, each_case=lists.struck),
    (COMMUNE, "ListReturned"): Reaction(whole=lists.returned),
    (COMMUNE, "ChannelDigest"): NOT_OF_INTEREST,
    (BANK, "ListAcknowledged"): Reaction(whole=lists.acknowledged),
    (BANK, "ListEntryRejected"): Reaction(whole=lists.rejected, each_case=lists.rejected_person),
    (BANK, "LoanApproved"): Reaction(each_case=loans.approved),
    (BANK, "LoanRefused"): Reaction(each_case=loans.refused),
    (BANK, "LoanDisbursed"): Reaction(each_case=loans.disbursed),
    (BANK, "LoanSettled"): Reaction(each_case=loans.settled),
    (BANK, "DebtRecoveryReversed"): Reaction(each_case=loans.reopened),
    # The case file shows these; nothing about the person's entries or standing loans changes.
    (BANK, "DebtRecovered"): NOT_OF_INTEREST,
    (BANK, "LoanBecameOverdue"): NOT_OF_INTEREST,
    (BANK, "ChannelDigest"): NOT_OF_INTEREST,
}
