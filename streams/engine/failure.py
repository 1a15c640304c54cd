"""Fail-stop: the process ends at the first error that is not a record's own fault."""

import logging
import os
import sys
from typing import NoReturn

EXIT_FAILED = 70

log = logging.getLogger("streams.engine")


class EngineError(BaseException):
    """Not a record's fault: infrastructure failed, and this process must end with its work uncommitted.

    Not an Exception, so that no stage's `except Exception` takes it for a fault of the record that it decides.
    """


def end_process(reason: str, error: BaseException | None = None) -> NoReturn:
    """Log one line that says why and end at once, with exit code 70.

    An orderly stop would wait for services that may be the ones that failed; nothing is lost by not waiting, because the
    next owner of the partitions fences this one (ENGINE: the protocol).
    """
    log.critical("worker ends: %s", reason, exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
    for handler in [*logging.getLogger().handlers, *log.handlers]:
        handler.flush()
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            stream.flush()
    os._exit(EXIT_FAILED)


def describe(error: BaseException) -> str:
    """One line: the error's type and message."""
    message = str(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
