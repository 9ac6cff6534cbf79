"""Who may do what over the committee's API."""

from shared.agreement.acting import Role

READERS = (Role.OFFICER, Role.LEADER, Role.AUDITOR)
"""Who may look at persons and lists; administrators look after users and channels."""
