"""What the operator looks at: topology."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from streams.cli import screen
from streams.cli.centre_verbs import Json, on_kafka, settings_here
from streams.cli.failures import Exit, Failure

if TYPE_CHECKING:
    from streams.operations.scraping import Pace
    from streams.operations.standing import Standing
    from streams.settings import Settings

WINDOW_S = 3.0
"""Between two readings of the metrics, when one looks once."""
ROLLING_S = 60.0
"""While one watches: rate and p99 of the last minute."""
COLUMNS = ("app", "lag", "per s", "p99 ms", "delay s", "dead 24 h", "workers", "reads (lag)", "writes")


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.command()(topology)


def topology(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every few seconds, until Ctrl-C.")] = False,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metrics", help="Where a worker, projector or clock answers GET /metrics; may be repeated. Unset: those of ric up here."
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Print the flow and how it stands: of each app the lag, rate, p99 and dead letters.

    Lag, workers and dead letters (of 24 hours) come from Kafka, the projector's lag from the database. Rate, p99 (of a batch, from its
    first record's turn to its commit) and delay (age of the oldest record that waits) come from the processes' metrics, over the last
    seconds; where none answers they are left empty. Lag counts offsets, and a transaction's end is one, so a few are none; of the clock
    it is the timers whose time has passed. Ends with 1 where an app has no worker, or is parked (its stage fails), or one of its
    partitions is (records are lost), or the space no clock.

    ric topology --watch

    ric topology --json --metrics http://worker-1:9400/metrics --metrics http://worker-2:9400/metrics
    """
    settings = settings_here()
    try:
        return int(on_kafka(_look(settings, metrics or [], watch, as_json)))
    except ImportError as error:
        raise Failure(f"this is the centre's work, and {error.name} is not installed", "pip install 'ric[centre]'") from error


async def _look(settings: "Settings", metrics: list[str], watch: bool, as_json: bool) -> Exit:
    import asyncio
    from collections import deque
    from datetime import UTC, datetime

    from aiokafka.errors import KafkaError

    from streams.operations import scraping
    from streams.operations.flow import steps
    from streams.operations.projection import PROJECTOR, projected
    from streams.operations.standing import NotInstalled, observer
    from streams.operations.timekeeping import kept

    readings: deque[scraping.Reading] = deque()
    async with observer(settings) as kafka:
        while True:
            urls = metrics or scraping.local_urls(settings.data_dir)
            if not readings:
                readings.append(await scraping.read(urls))
            # The window of a rate; Kafka is asked at its end, so that all is of one moment.
            await asyncio.sleep(WINDOW_S if readings[0].answered or watch else 0)
            readings.append(await scraping.read(urls))
            while readings[-1].at - readings[0].at > ROLLING_S and len(readings) > 2:
                readings.popleft()
            now = datetime.now(UTC)
            try:
                found = await kafka.look(steps(), now)
                found.append(await kept(settings, readings[-1].lag, kafka))
                tables = await projected(settings, readings[-1].lag, kafka)
            except NotInstalled as error:
                raise Failure(str(error), "create what is missing: ric topics apply", Exit.REFUSED) from error
            except KafkaError as error:
                if not watch:
                    raise
                screen.tell(f"{now:%H:%M:%S} UTC: Kafka does not answer, trying again: {error}")
                continue
            before, after = readings[0], readings[-1]
            rows = [
                (each, scraping.pace(before, after, group), after.timers.get(group))
                for each in [*found, *([tables] if tables else [])]
                for group in [each.step.group(settings.space)]
            ]
            idle = [each.step.app for each in found if not each.members]
            parked = [each.step.app for each in found if after.parked.get(each.step.group(settings.space))]
            alone = [one for each in found for one in after.parked_partitions.get(each.step.group(settings.space), ())]
            window = after.at - before.at
            if as_json:
                screen.put_json(
                    {
                        "at": now,
                        "space": settings.space,
                        "apps": [_document(*row) for row in rows],
                        "without_worker": idle,
                        "parked": parked,
                        "parked_partitions": alone,
                        "metrics": {"asked": len(urls), "answered": after.answered, "window_s": round(window, 1)},
                    }
                )
            else:
                if watch and screen.is_terminal():
                    screen.console().clear()
                screen.put_table(COLUMNS, [_cells(*row) for row in rows])
                told = (
                    f"over {window:.0f} s by {after.answered} of {len(urls)} processes" if after.answered else "unknown: no metrics answer"
                )
                screen.tell(f"space {settings.space} at {now:%H:%M:%S} UTC; rate, p99 and delay {told}")
                if tables is None:
                    screen.tell(f"the {PROJECTOR}'s lag is unknown: the database does not answer")
                if parked:
                    screen.tell(f"parked: {', '.join(parked)}: the stage fails; the worker's log says why and what mends it")
                if alone:
                    screen.tell(f"parked: {', '.join(alone)}: records are lost; the worker's log says which, and how one accepts that")
                # Whoever reads a pipe sees each look when it is made.
                sys.stdout.flush()
                if idle:
                    screen.tell(f"nobody runs {', '.join(idle)}: start a worker (of clock: `python -m streams.clock`), or see its log")
            if not watch:
                return Exit.REFUSED if idle or parked or alone else Exit.DONE


def _cells(standing: "Standing", pace: "Pace | None", timers: int | None) -> list[Any]:
    reads = "\n".join(f"{name} ({lag:,})" if (lag := standing.lag.get(name)) else name for name in standing.step.reads)
    if timers is not None:
        reads += f": {timers:,} wait"
    measured = ["", "", ""]
    if pace is not None:
        measured = [f"{pace.rate:,.1f}", *("" if each is None else f"{each:,.1f}" for each in (pace.p99_ms, pace.delay_s))]
    dead = standing.dead_letters
    return [
        standing.step.app,
        f"{sum(standing.lag.values()):,}" if standing.lag else "",
        *measured,
        dead,
        standing.members,
        reads,
        "\n".join(standing.step.writes) or "PostgreSQL",
    ]


def _document(standing: "Standing", pace: "Pace | None", timers: int | None) -> dict[str, Any]:
    return {
        "app": standing.step.app,
        "reads": list(standing.step.reads),
        "writes": list(standing.step.writes),
        "lag": sum(standing.lag.values()) if standing.lag else None,
        "lag_by_channel": dict(standing.lag),
        "rate": None if pace is None else round(pace.rate, 3),
        "p99_ms": None if pace is None or pace.p99_ms is None else round(pace.p99_ms, 3),
        "delay_s": None if pace is None or pace.delay_s is None else round(pace.delay_s, 3),
        "dead_letters_24h": standing.dead_letters,
        "workers": standing.members,
        "timers": timers,
    }
