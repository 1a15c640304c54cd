"""Real servers from packages alone: Kafka, PostgreSQL and Node on a machine that has only Python, and the supervisor behind `ric up`."""
