"""Ids that derive from what they name, so that every replay gives the same ones."""

from uuid import UUID, uuid5

NAMESPACE = UUID("6f1d0c5e-3b0a-5b0e-9b57-1f3c2a7d9e41")


def report_uuid(key: str) -> UUID:
    """Of the report with this key (`originator/report_id`)."""
    return uuid5(NAMESPACE, f"report:{key}")


def receipt_uuid(origin: str) -> UUID:
    """Of the receipt for the raw record with this origin (`topic/partition/offset`)."""
    return uuid5(NAMESPACE, f"receipt:{origin}")


def letter_uuid(origin: str) -> UUID:
    """Of the dead letter for the record with this origin."""
    return uuid5(NAMESPACE, f"letter:{origin}")


def timer_uuid(inbox: str, key: str, name: str, due: int) -> UUID:
    """Of the wish to be woken in this inbox, for this key, under this name, at `due` (milliseconds since 1970)."""
    return uuid5(NAMESPACE, f"timer:{inbox}|{key}|{name}|{due}")


def proposal_uuid(first: UUID, second: UUID) -> UUID:
    """Of the proposal that two reports are one seizure; the order of the two does not matter."""
    low, high = sorted((str(first), str(second)))
    return uuid5(NAMESPACE, f"incident:{low}|{high}")


def delivery_uuid(delivery: str) -> UUID:
    """Of the controlled delivery with this id (`lead agency/number`)."""
    return uuid5(NAMESPACE, f"delivery:{delivery}")


def answer_uuid(origin: str) -> UUID:
    """Of the answer to the act in the deliveries' inbox with this origin (`topic/partition/offset`)."""
    return uuid5(NAMESPACE, f"answer:{origin}")
