"""Putting a service together and running it."""
