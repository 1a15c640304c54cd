"""Named steps of the protocol at which a crash test may kill or freeze the process. Without `RIC_FAULT` there are none."""

import os
import signal

_STEP, _, _SIGNAL = os.environ.get("RIC_FAULT", "").partition("=")
_done: list[str] = []

ARMED = bool(_STEP)


def at(app: str, step: str) -> None:
    """Where `RIC_FAULT` is `app/step=SIGNAL`, such as `reports/offsets=SIGKILL`, send this process the signal, the first time."""
    if f"{app}/{step}" == _STEP and not _done:
        _done.append(step)
        os.kill(os.getpid(), signal.Signals[_SIGNAL])
