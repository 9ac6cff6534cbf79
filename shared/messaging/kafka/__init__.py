"""The carrier over Kafka: a topic with one partition per channel, the same envelopes, the same inbox."""
