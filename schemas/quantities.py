"""How much, as reported: the number and the unit that the agency wrote. The kg-equivalent is enrichment and stands beside it."""

from pydantic import Field

from schemas.bounds import Amount, Short, Strict


class Quantity(Strict):
    """An amount with the unit as written; a unit that is unknown stays None and never becomes a kg-equivalent of 0."""

    amount: Amount
    unit: Short | None = None
    approximate: bool = False


class Money(Strict):
    """An amount of money; the currency is ISO 4217."""

    amount: Amount
    currency: str = Field(pattern=r"^[A-Z]{3}$")
