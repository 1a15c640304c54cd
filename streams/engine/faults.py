"""Named steps of the protocol at which a crash test may end the process. Without `RIC_FAULT` in the environment there are none."""

import os
import signal

_STEP = os.environ.get("RIC_FAULT", "")

ARMED = bool(_STEP)


def at(app: str, step: str) -> None:
    """End this process as SIGKILL does where `RIC_FAULT` is `app/step`."""
    if f"{app}/{step}" == _STEP:
        os.kill(os.getpid(), signal.SIGKILL)
