"""What the services run on: servers, containers, units."""
