"""Use cases: load, decide; the caller saves. Each takes the unit of work of the acting office."""
