"""What the services stand on: servers for one machine, for tests and for trying things out."""
