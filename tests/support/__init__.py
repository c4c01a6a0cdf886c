"""What the tests and the measurements stand on: a private server, houses, deliveries, an oracle."""
