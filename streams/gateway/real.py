"""REAL, NOT EXERCISE (decision 0813): an officer in an exercise reaches the live duty coordinators, and nothing else of it crosses.

Both ends are here. In an exercise the gateway calls the live centre with a token that is good for this alone. In the live space the
gateway takes who and which exercise, writes it down, and shows it to every coordinator until one of them has called back.
"""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid5

import httpx
import orjson
import structlog
from fastapi import APIRouter, Depends, Path, Request
from pydantic import TypeAdapter
from starlette.responses import Response

from schemas.channels import is_exercise
from schemas.identity import NAMESPACE
from schemas.real import RealAlert, RealCall
from streams.gateway import answers
from streams.gateway.access import Anyone, Holder
from streams.gateway.asking import json_body, read
from streams.gateway.centre import Centre, Here, centre_of
from streams.gateway.live import NotLive
from streams.gateway.problems import Refusal, missing
from streams.gateway.producer import KafkaUnreachable, Outgoing
from streams.gateway.queries import answer, unsealed
from streams.gateway.tokens import BadToken, Claims, verify
from streams.settings import Settings

CHANNEL = "alerts.real"
CALL: TypeAdapter[RealCall] = TypeAdapter(RealCall)
TOKEN = "real.token"  # noqa: S105 - a file's name
MAX_CALL_BYTES = 1_024
PATIENCE_S = 6.0
CAUGHT_UP_S = 2.0
NO_LINE = "The live centre was NOT reached."
log = structlog.get_logger()
router = APIRouter(tags=["deliveries"])


def from_exercise(request: Request) -> Claims:
    """The claims of an exercise's alert token: no bearer token is one, and it is good for nothing else. Raises Refusal 401."""
    centre, given = centre_of(request), request.headers.getlist("authorization")
    scheme, _, token = (given[0] if len(given) == 1 else "").partition(" ")
    try:
        if scheme.lower() != "bearer":
            raise BadToken("no token")
        return verify(centre.keys, token.strip(), centre.settings.space, centre.now(), "alert")
    except BadToken as error:
        raise Refusal(401, "This is for exercises of this centre.", headers={"WWW-Authenticate": 'Bearer realm="ric"'}) from error


FromExercise = Annotated[Claims, Depends(from_exercise)]


# --- in the exercise ---------------------------------------------------------------------------------------------------------


@router.get("/v1/real", summary="REAL, NOT EXERCISE: whom it reaches", responses={404: {}})
async def reach(claims: Anyone, centre: Here) -> Response:
    """In an exercise: `line`, whether this gateway knows the live centre, and `contact`, how its duty desk is called."""
    _only_in_an_exercise(centre)
    return answer({"line": _line(centre.settings) is not None, "contact": centre.settings.real_contact})


@router.post("/v1/real", summary="REAL, NOT EXERCISE", responses={404: {}, 503: {}})
async def real(claims: Anyone, centre: Here) -> Response:
    """Tell the live centre's duty coordinators that this caller says: real, not exercise. It takes no body: nothing else crosses.

    503: they were not reached; `contact` says how to call them.
    """
    _only_in_an_exercise(centre)
    told = await asyncio.to_thread(_tell, centre.settings, RealCall(agency=claims.agency, person=claims.person, exercise=claims.space))
    log.warning("real, not exercise", agency=claims.agency, person=claims.person, reached=told)
    if not told:
        raise Refusal(503, f"{NO_LINE} Call its duty desk.", retry_after=3, contact=centre.settings.real_contact)
    return answer({"status": "reached", "at": centre.now(), "contact": centre.settings.real_contact}, 202)


def _only_in_an_exercise(centre: Centre) -> None:
    if not is_exercise(centre.settings.space):
        raise missing()


def _line(settings: Settings) -> tuple[str, str] | None:
    """The live centre's address and the token for it, read anew each time: it may be replaced while we run. None where there is none."""
    token = settings.data_dir / "keys" / TOKEN
    if settings.real_url is None or not token.is_file():
        return None
    return settings.real_url.rstrip("/"), token.read_text(encoding="ascii").strip()


def _tell(settings: Settings, call: RealCall) -> bool:
    line = _line(settings)
    if line is None:
        return False
    url, token = line
    try:
        said = httpx.post(
            f"{url}/v1/from-exercise",
            content=call.model_dump_json(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=PATIENCE_S,
            verify=str(settings.real_cafile) if settings.real_cafile else True,
        )
    except httpx.HTTPError:
        return False
    # Only whether it arrived: what a live centre answers has no way into an exercise.
    return said.status_code == 202


# --- in the live space -------------------------------------------------------------------------------------------------------


@router.post(
    "/v1/from-exercise", summary="An exercise's officer says: real", responses={401: {}, 422: {}, 503: {}}, include_in_schema=False
)
async def received(request: Request, claims: FromExercise, centre: Here) -> Response:
    """For gateways of exercises: who, and in which exercise. 202 when it is written down; the answer says nothing else."""
    if is_exercise(centre.settings.space):
        raise missing()
    body = await json_body(request)
    if len(body) > MAX_CALL_BYTES:
        raise Refusal(413, "A call says who, and in which exercise.", limit=MAX_CALL_BYTES)
    call, _ = read(CALL, body, "call")
    if centre.agencies.get(call.agency) is None:
        raise Refusal(422, "There is no such agency.")
    now = centre.now()
    name = uuid5(NAMESPACE, f"real:{call.exercise}|{call.agency}/{call.person}|{now:%Y-%m-%dT%H:%M}")
    while (known := centre.tail.real.get(str(name))) is not None and known.get("answered_by") is not None:
        # Said again after somebody called: that is another alert.
        name = uuid5(name, known["answered"])
    if known is None:
        await _write(centre, RealAlert(id=name, **call.model_dump(), at=now).model_dump(mode="json"))
    log.warning("real, not exercise", agency=call.agency, person=call.person, exercise=call.exercise)
    return answer({"status": "received"}, 202)


@router.get("/v1/real-alerts", summary="Open alerts out of exercises", responses={503: {}})
async def open_alerts(claims: Holder, centre: Here) -> Response:
    """For the duty coordinators: who said in an exercise that something is real and has not been called yet, the oldest first."""
    await _followed(centre)
    waiting = sorted((one for one in centre.tail.real.values() if one.get("answered_by") is None), key=lambda one: one["at"])
    return answer({"items": [answers.alert(centre.ids, claims.agency, one) for one in waiting]})


@router.post("/v1/real-alerts/{id}/answered", summary="The person was called", responses={404: {}, 503: {}})
async def answered(id: Annotated[str, Path(description="As the list gave it")], claims: Holder, centre: Here) -> Response:
    """The caller has spoken with the person: it is shown no longer. Who was first stays."""
    await _followed(centre)
    alert = centre.tail.real.get(str(unsealed(centre, claims, "alert", id)))
    if alert is None:
        raise missing()
    if alert.get("answered_by") is None:
        alert = alert | {"answered_by": f"{claims.agency}/{claims.person}", "answered": datetime.now(UTC).isoformat()}
        await _write(centre, alert)
    return answer(answers.alert(centre.ids, claims.agency, alert))


async def _followed(centre: Centre) -> None:
    try:
        await centre.tail.wait_live(CAUGHT_UP_S)
    except NotLive:
        raise Refusal(503, "The alerts cannot be read now. Ask again.", retry_after=2) from None


async def _write(centre: Centre, alert: dict[str, Any]) -> None:
    record = Outgoing(CHANNEL, alert["id"], orjson.dumps(alert), (("content-type", b"application/json"),))
    try:
        [origin] = await centre.producer.produce([record])
    except KafkaUnreachable:
        origin = None
    if origin is None:
        raise Refusal(503, "It could not be written down. Send it again.", retry_after=2)
