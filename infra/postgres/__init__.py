"""PostgreSQL for the log: roles and databases, and a server to throw away."""
