"""Faust made durable and fast: batches, one transaction per batch and source partition, state, recovery.

`effects` is the vocabulary that stages speak and imports nothing; the other modules know Faust and aiokafka.
"""
