"""The fictional directory, brought into an exercise space that has no directory yet. The stage takes it in no other space."""

import asyncio

import orjson
import structlog

from schemas.channels import is_exercise
from streams.gateway.centre import Centre
from streams.gateway.producer import KafkaUnreachable, Outgoing
from streams.planning.directory import exercise, key_of
from streams.store.queries import StoreDown

AGAIN_S = 2.0
log = structlog.get_logger()


async def bring(centre: Centre) -> None:
    """Write every entry of it, unless the space is real or has a directory; goes on trying while a server is away.

    Two gateways may do so at once: the stage takes the first of each.
    """
    while is_exercise(centre.settings.space):
        try:
            if await centre.store.directory_entries():
                return
            origins = await centre.producer.produce(records())
        except (StoreDown, KafkaUnreachable):
            origins = [None]
        except Exception:
            log.exception("bringing the fictional directory failed")
            origins = [None]
        if None not in origins:
            log.info("brought the fictional directory", entries=len(origins))
            return
        await asyncio.sleep(AGAIN_S)


def records() -> list[Outgoing]:
    """The fictional directory as it is written to the inbox."""
    return [
        Outgoing("directory.inbox", key_of(entry), orjson.dumps({"type": "fiction", "entry": entry.model_dump(mode="json")}), ())
        for entry in exercise().entries
    ]
