"""Named steps of the protocol at which a crash test may kill or freeze the process. Without `RIC_FAULT` there are none."""

import os
import signal

_STEP, _, _SIGNAL = os.environ.get("RIC_FAULT", "").partition("=")
_done: list[str] = []

ARMED = bool(_STEP)


def at(app: str, step: str, topic: str = "") -> None:
    """Where `RIC_FAULT` is `app/step=SIGNAL`, such as `reports/offsets=SIGKILL`, send this process the signal, the first time.

    `app:topic/step` means the transactions of one inbox of an app that has several.
    """
    if _STEP in (f"{app}/{step}", f"{app}:{topic}/{step}") and not _done:
        _done.append(step)
        os.kill(os.getpid(), signal.Signals[_SIGNAL])
