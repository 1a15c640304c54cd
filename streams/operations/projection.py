"""How far the tables are behind the topics: by the projector's metrics, else by the database, where it keeps its offsets with its rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import psycopg
from aiokafka import TopicPartition
from psycopg import sql

from schemas.channels import BY_NAME
from streams.database import database_url
from streams.operations.flow import Step, channel_of
from streams.operations.standing import Observer, Standing
from streams.settings import Settings

PROJECTOR = "projector"
CONNECT_S = 3


async def projected(settings: Settings, measured: Mapping[str, Mapping[str, int]], observer: Observer) -> Standing | None:
    """The projector as one more step of the flow, from `measured` (lag by group and topic) where it is in there.

    None where it is not, and no database is named, it does not answer, or has no such tables. The database's offsets do not tell of the
    transactions' ends after them: then one of each partition is counted though nothing waits. Raises UnsafeDatabaseConnection.
    """
    told = measured.get(f"{settings.space}.{PROJECTOR}")
    if told is not None:
        return _standing(settings.space, told.items())
    if settings.database_url is None:
        return None
    try:
        connection = await psycopg.AsyncConnection.connect(database_url(settings), connect_timeout=CONNECT_S)
        async with connection:
            query = sql.SQL("SELECT topic, partition, next FROM {}.projector_offsets").format(sql.Identifier(settings.space))
            rows = await (await connection.execute(query)).fetchall()
    except psycopg.Error:
        return None
    stands = {TopicPartition(topic, partition): following for topic, partition, following in rows}
    ends = await observer.ends(list(stands)) if stands else {}
    return _standing(settings.space, ((at.topic, max(0, ends[at] - following)) for at, following in stands.items()))


def _standing(space: str, lags: Iterable[tuple[str, int]]) -> Standing:
    lag: defaultdict[str, int] = defaultdict(int)
    for topic, behind in lags:
        channel = channel_of(topic, space, BY_NAME)
        if channel is not None:
            lag[channel] += behind
    return Standing(Step(PROJECTOR, (), tuple(sorted(lag)), ()), lag, None, None)
