"""Calls that carry one JSON object for a stage, and wait for what the stage answers to this very record."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from schemas import refusals
from schemas.acts import Officer
from schemas.identity import answer_uuid
from schemas.problems import Problem, problems
from streams.gateway.centre import Centre
from streams.gateway.live import FOLLOWED_WITHIN_S, NotLive
from streams.gateway.problems import Refusal, problem
from streams.gateway.producer import KafkaUnreachable, Outgoing
from streams.gateway.tokens import Claims

WAIT_S, MAX_WAIT_S = 5.0, 10.0
Wait = Annotated[str | None, Query(pattern=r"^\d{1,2}(\.\d{1,3})?s?$", description="Wait this long for the answer: 5s, at most 10s")]
Read = TypeVar("Read")


async def json_body(request: Request) -> bytes:
    """The body. Raises Refusal 415 where it is not said to be JSON."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "Send application/json.", headers={"Accept-Post": "application/json"})
    return await request.body()


def read(adapter: TypeAdapter[Read], body: bytes, what: str) -> tuple[Read, Any]:
    """What the body says, and as it was sent; `what` names it in one word. Raises Refusal 422 with the problems."""
    whole = f"(whole {what})"
    try:
        raw = orjson.loads(body)
        return adapter.validate_python(raw), raw
    except orjson.JSONDecodeError:
        raise unreadable(what, [Problem(field=whole, reason="not JSON in UTF-8", mend="send one JSON object in UTF-8")]) from None
    except ValidationError as error:
        kind = raw.get("act") if isinstance(raw, dict) else None
        found = problems(error)
        named = (whole if one.field == "(whole report)" else one.field.removeprefix(f"{kind}.") for one in found)
        raise unreadable(what, [one.model_copy(update={"field": name}) for one, name in zip(found, named, strict=True)]) from None


def unreadable(what: str, found: list[Problem]) -> Refusal:
    """The refusal of a body that cannot be taken as it is."""
    return Refusal(422, f"This is no {what} that the centre can take: see problems.", problems=[_in_both(one) for one in found])


def refused(decided: Mapping[str, Any], title: str, **more: Any) -> Response:
    """What a stage refuses: in its own words, with the refusal's code and the same in Russian (decision 0814)."""
    words = refusals.told(decided["reason"], decided.get("mend"))
    russian = {"detail": words.reason, "mend": words.mend}
    named = {name: decided.get(name) for name in ("field", "mend")}
    return problem(409, decided["reason"], title=title, code=words.code, ru=russian, **named, **more)


def _in_both(one: Problem) -> dict[str, Any]:
    words = refusals.told(one.reason, one.mend)
    return one.model_dump() | {"code": words.code, "ru": {"reason": words.reason, "mend": words.mend}}


def other_space(field: str, *, exercise: bool) -> Problem:
    """What is wrong where `field` is not what this space is: a drill taken for a delivery, or a delivery for a drill."""
    reason = f"{field} is {str(not exercise).lower()}, and this space is {'an exercise' if exercise else 'real'}"
    return Problem(field=field, reason=reason, mend="send it to the gateway of the other space, or mend it")


def officer(claims: Claims) -> dict[str, Any]:
    """Who signs, as a stage reads it (`schemas.acts.Officer`): from the checked token alone."""
    said = {"agency": claims.agency, "person": claims.person, "role": claims.role, "country": claims.country or None}
    return Officer.model_validate(said).model_dump()


async def told(centre: Centre, claims: Claims, record: Outgoing, answers: str, what: str, wait: str | None) -> dict[str, Any] | None:  # noqa: PLR0917
    """Write the record; what the channel `answers` answers to it, or None where that did not come in time. Raises Refusal 503."""
    seconds = min(float(wait.removesuffix("s")), MAX_WAIT_S) if wait else WAIT_S
    with centre.tail.watch(answers, f"{claims.agency}/{claims.person}") as watch:
        if seconds:
            # Else an answer could pass before the answers are followed. A gateway that cannot follow them still hands the record over.
            with suppress(NotLive):
                await centre.tail.wait_live(min(seconds, FOLLOWED_WITHIN_S))
        try:
            origins = await centre.producer.produce([record])
        except KafkaUnreachable:
            detail = f"Kafka cannot be reached: the {what} was not taken in. Send the same {what} again."
            raise Refusal(503, detail, retry_after=5) from None
        if origins[0] is None:
            detail = f"Kafka did not confirm: the {what} may or may not have arrived. Send the same {what} again, it has one effect."
            raise Refusal(503, detail, retry_after=5)
        name = str(answer_uuid(origins[0]))
        await watch.settled([name], seconds)
        return watch.found.get(name)
