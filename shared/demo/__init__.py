"""The demonstration: a year of the agreement, played over HTTP like any other user of the services.

It knows no rule and reads no store: what may be done, the services say.
"""
