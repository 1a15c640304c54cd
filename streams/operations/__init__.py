"""For those who operate a centre: the flow and how it stands, asked of Kafka, of the database and of the workers' metrics."""
