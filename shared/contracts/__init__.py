"""The published language: per event its schema, version, recipients with the fields each may see, an example."""
