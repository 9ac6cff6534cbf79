"""What may be asked of the police service: load, decide; whoever calls saves."""
