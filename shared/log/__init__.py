"""One log per service: events decided and heard, what peers were told, and views derived from it."""
