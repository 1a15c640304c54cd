"""How a process that is no web server says what it does: text or JSON lines on stderr, as the settings ask."""

import logging
import sys

import structlog

from streams.settings import Settings


def configure(chosen: Settings, *logs: logging.Logger) -> None:
    """Let `logs` speak from the level in the settings on, libraries from warnings on, and aiokafka not at all.

    It reports every second that the broker is away, and the process says so once.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if chosen.log_format == "json" else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.typing.Processor] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper("iso", utc=True)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for log in logs:
        log.setLevel(chosen.log_level.upper())
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
