"""Who may do what over the bank's API. That a second signer is another person is the loan's own rule."""

from shared.agreement.acting import Role

READERS = (Role.OFFICER, Role.LEADER, Role.AUDITOR)
"""Who may look at lists and loans; administrators look after users and channels."""

CLERKS = (Role.OFFICER, Role.LEADER)
"""Who files, proposes, prepares and posts."""
