"""The web furniture that the three services share. It knows users, requests and pages; no agency's rules."""
