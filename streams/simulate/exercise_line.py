"""The line to the gateway of an exercise space: every call with the token of whoever makes it, asked again until there is an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from schemas.channels import is_exercise
from streams.gateway import tokens
from streams.reference.agencies import Agencies
from streams.settings import Settings
from streams.simulate.exercise_cast import OFFICERS

LIFETIME = timedelta(hours=12)
PATIENT_S = 60.0
"""For an answer, or for what an act brings about: many times what a quiet machine needs."""
POLL_S = 0.2

Json = dict[str, Any]


class CannotGoOn(RuntimeError):
    """The exercise ends here: what was refused and why, or what did not come."""


class OffScript(CannotGoOn):
    """Something is not as the script has it. Where a person plays a role, that may be the person's doing."""


class Line:
    """Calls of the exercise's officers. Raises CannotGoOn where the space is none of an exercise, or nothing comes within `patient_s`.

    `shown_s`: for what an act brings about; unset as long as for an answer.
    """

    def __init__(self, settings: Settings, client: httpx.AsyncClient, patient_s: float = PATIENT_S, shown_s: float | None = None) -> None:
        if not is_exercise(settings.space):
            raise CannotGoOn(f"{settings.space} is no exercise space: nothing was sent")
        keys, now, listed = tokens.Keys.of(settings), datetime.now(UTC), Agencies()
        self._client, self._patient_s, self._shown_s = client, patient_s, shown_s or patient_s
        self._tokens: dict[str, str] = {}
        for officer, role in OFFICERS.items():
            of, _, person = officer.partition("/")
            found = listed.get(of)
            country = (found.country if found else None) or ""
            who = tokens.claims(person, of, country, role, space=settings.space, lifetime=LIFETIME, now=now)
            self._tokens[officer] = tokens.issue(keys, who)

    async def call(self, who: str, method: str, path: str, body: Json | None = None, params: Json | None = None) -> httpx.Response:
        """One call, whatever is answered. Raises httpx.TransportError."""
        content = b"" if body is None else orjson.dumps(body)
        return await self.send(who, method, path, content, {"Content-Type": "application/json"}, params)

    async def send(  # noqa: PLR0917
        self, who: str, method: str, path: str, content: bytes, headers: Mapping[str, str], params: Json | None = None
    ) -> httpx.Response:
        """One call with these bytes, whatever is answered. Raises httpx.TransportError."""
        headers = {"Authorization": f"Bearer {self._tokens[who]}", **headers}
        return await self._client.request(method, path, content=content or None, params=params, headers=headers)

    async def answered(self, who: str, what: str, body: Json, path: str = "/v1/deliveries/acts") -> httpx.Response:
        """The gateway's last word on `what` was sent. Sending it again is safe, so it is until there is one."""
        deadline = asyncio.get_running_loop().time() + self._patient_s
        while True:
            try:
                answer = await self.call(who, "POST", path, body, {"wait": "10s"})
            except httpx.TransportError as error:
                unheard, pause = f"the gateway does not answer ({type(error).__name__})", 1.0
            else:
                # A report that is taken in has a receipt, whose address says more.
                if answer.status_code not in (202, 503) or (answer.status_code == 202 and "receipts" in answer.json()):
                    return answer
                unheard, pause = f"the gateway answers {answer.status_code}", float(answer.headers.get("Retry-After", POLL_S))
            if asyncio.get_running_loop().time() > deadline:
                raise CannotGoOn(f"{who}'s {what} had no answer within {self._patient_s:g} s: {unheard}")
            await asyncio.sleep(pause)

    async def read(self, who: str, path: str, params: Json | None = None) -> Json:
        """What a page says. It may come a moment after what it tells of."""
        deadline = asyncio.get_running_loop().time() + self._patient_s
        while True:
            try:
                answer = await self.call(who, "GET", path, params=params)
            except httpx.TransportError as error:
                unread = f"the gateway does not answer ({type(error).__name__})"
            else:
                if answer.status_code == 200:
                    found: Json = answer.json()
                    return found
                unread = f"{answer.status_code} {in_words(answer.json())}"
            if asyncio.get_running_loop().time() > deadline:
                raise CannotGoOn(f"{path} cannot be read: {unread}")
            await asyncio.sleep(POLL_S)

    async def until(self, lacking: Callable[[], Awaitable[str | None]], within_s: float = 0.0) -> None:
        """Look until nothing is lacking, for so long and as long again as it is patient. Raises OffScript saying what is lacking."""
        within_s += self._shown_s
        deadline = asyncio.get_running_loop().time() + within_s
        while (missing := await lacking()) is not None:
            if asyncio.get_running_loop().time() > deadline:
                raise OffScript(f"not shown within {within_s:g} s: {missing}")
            await asyncio.sleep(POLL_S)


def in_words(problem: Json) -> str:
    """A problem (RFC 9457) on one line: reason, field, mend, and what stands."""
    parts = [str(problem.get("detail") or problem.get("title"))]
    parts += [f"{each.get('field')}: {each.get('reason')}" for each in problem.get("problems") or ()]
    parts += [f"{name}: {problem[name]}" for name in ("field", "mend") if problem.get(name)]
    if stands := problem.get("stands"):
        parts.append(f"what stands: {', '.join(f'{name} {value}' for name, value in stands.items() if value is not None)}")
    return "; ".join(parts)
