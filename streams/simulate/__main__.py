"""`python -m streams.simulate`: play the region's traffic against the gateway, as officers of the member agencies would send it."""

import argparse
import asyncio
import logging
import random
import sys
from datetime import UTC, datetime, timedelta

import httpx

from streams.gateway import tokens
from streams.reference.agencies import MEMBERS, Agencies, AgencyKind
from streams.settings import Settings, settings
from streams.simulate.traffic import Cast, Message, Traffic

MOST_REPORTS: tuple[AgencyKind, ...] = ("customs", "drug_control", "border", "police", "security")
TOKEN_LIFETIME = timedelta(hours=1)
RETRY_S = 5.0
IN_FLIGHT = 16

log = logging.getLogger("streams.simulate")


def cast(agencies: Agencies) -> Cast:
    """The member states' agencies, those that seize most first."""
    by_country = {
        country: sorted(
            (agency for agency in agencies if agency.country == country and agency.kind in MOST_REPORTS),
            key=lambda agency: MOST_REPORTS.index(agency.kind),
        )
        for country in MEMBERS
    }
    return {country: tuple(agency.code for agency in members) for country, members in by_country.items()}


class Officers:
    """Send messages, each with a token of its own officer; a message that the centre cannot take now is sent again."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self._settings = settings
        self._client = client
        self._keys = tokens.Keys.of(settings)
        self._tokens: dict[tuple[str, str], tuple[datetime, str]] = {}

    def _token(self, message: Message) -> str:
        now = datetime.now(UTC)
        expires, token = self._tokens.get((message.agency, message.person), (now, ""))
        if expires - now < TOKEN_LIFETIME / 4:
            space = self._settings.space
            claims = tokens.claims(
                message.person, message.agency, message.agency[:2], "officer", space=space, lifetime=TOKEN_LIFETIME, now=now
            )
            token = tokens.issue(self._keys, claims)
            self._tokens[message.agency, message.person] = claims.expires, token
        return token

    async def send(self, message: Message) -> None:
        """Until the centre has answered; 4xx is an answer."""
        while True:
            headers = {"Authorization": f"Bearer {self._token(message)}", "Content-Type": "application/json"}
            try:
                answer = await self._client.post("/v1/reports", content=message.body, headers=headers)
            except httpx.TransportError as error:
                log.warning("the gateway does not answer (%s); again in %g s", type(error).__name__, RETRY_S)
            else:
                if answer.status_code < 500:
                    log.info("%s: %s: %d", message.agency, message.about, answer.status_code)
                    return
                log.warning("the gateway answers %d; again in %g s", answer.status_code, RETRY_S)
            await asyncio.sleep(RETRY_S)


async def play(settings: Settings, seed: int, per_minute: float, limit: int | None) -> None:
    """Send until `limit` messages are sent, or without end. The pauses are the traffic's own; a slow centre does not slow the region."""
    traffic = Traffic(seed, cast(Agencies()), lambda: datetime.now(UTC), per_minute)
    scheme = "https" if settings.tls_cert else "http"
    async with (
        httpx.AsyncClient(
            base_url=f"{scheme}://127.0.0.1:{settings.port}", timeout=30, limits=httpx.Limits(max_connections=IN_FLIGHT)
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        officers, room = Officers(settings, client), asyncio.Semaphore(IN_FLIGHT)

        async def send(message: Message) -> None:
            try:
                await officers.send(message)
            finally:
                room.release()

        for number, message in enumerate(traffic, start=1):
            await asyncio.sleep(message.pause_s)
            await room.acquire()
            group.create_task(send(message))
            if number == limit:
                return


def main() -> int:
    """Exit status 0 after `--count` messages or Ctrl-C, 2 where no gateway is named."""
    parser = argparse.ArgumentParser(prog="python -m streams.simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="the same seed tells the same story; a fresh one is chosen and printed by default")
    parser.add_argument("--per-minute", type=float, default=30, help="mean messages a minute (default %(default)s)")
    parser.add_argument("--count", type=int, help="stop after so many messages")
    arguments = parser.parse_args()
    if not settings().port:
        parser.error("RIC_PORT must name the gateway's port")
    seed = random.SystemRandom().randrange(2**24) if arguments.seed is None else arguments.seed
    logging.basicConfig(level=settings().log_level.upper(), format="%(asctime)s %(message)s", stream=sys.stdout)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    log.info("seed %d: the same story again with --seed %d", seed, seed)
    try:
        asyncio.run(play(settings(), seed, arguments.per_minute, arguments.count))
    except KeyboardInterrupt:
        log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
