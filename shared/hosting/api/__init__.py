"""The part of the HTTP API that is the same in every agency."""
