"""PostgreSQL: the projection of the topics (events to rows), the queries over it, and who may see what."""
