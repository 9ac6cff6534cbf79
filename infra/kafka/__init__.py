"""A real Apache Kafka broker on this machine: fetched by Maven, run in KRaft mode on loopback ports."""
