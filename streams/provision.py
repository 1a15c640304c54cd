"""Make a space ready: its topics, then its tables. `python -m streams.provision` does it once, for a deployment's start."""

import asyncio
import sys
import time

from aiokafka.errors import InvalidReplicationFactorError, KafkaConnectionError, KafkaError
from sqlalchemy.exc import OperationalError

from streams import topics
from streams.database import database_url
from streams.kafka import NoBroker
from streams.settings import Settings, settings
from streams.store.migrations import migrate

BROKERS_WITHIN = 60.0


async def provision(settings: Settings) -> list[topics.Change]:
    """Apply the topics and migrate the tables; the changes of the topics. Waits a minute for brokers that have not joined yet.

    Raises TopicsRefused, KafkaError or sqlalchemy's OperationalError; ValueError where no database is named, or an unsafe one.
    """
    url = database_url(settings)
    deadline = time.monotonic() + BROKERS_WITHIN
    while True:
        try:
            changes = await topics.apply(settings)
            break
        except (InvalidReplicationFactorError, KafkaConnectionError) as error:
            if time.monotonic() > deadline or (isinstance(error, NoBroker) and not error.passes):
                raise
            await asyncio.sleep(0.5)
    await asyncio.to_thread(migrate, url, settings.space)
    return changes


def main() -> int:
    """Provision what the environment's settings name; exit code 1 with the reason where that is refused."""
    try:
        changes = asyncio.run(provision(settings()))
    except (topics.TopicsRefused, KafkaError, ValueError) as error:
        print(f"provision: {error}", file=sys.stderr)
        return 1
    except OperationalError as error:
        print(f"provision: the database does not answer: {error.orig}", file=sys.stderr)
        return 1
    for change in changes:
        print(f"{change.kind} {change.topic}: {change.detail}")
    print(f"space {settings().space}: topics and tables are ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
