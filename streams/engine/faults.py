"""Named points where a crash test may end the process. Without `RIC_FAULT` in the environment they do nothing."""

import os
import signal

_POINT, _, _COUNT = os.environ.get("RIC_FAULT", "").partition(":")
_left = int(_COUNT or 1)

ARMED = bool(_POINT)


def at(point: str) -> None:
    """End this process as SIGKILL does where `RIC_FAULT` is `point` or `point:n`, at the n-th time it is reached."""
    global _left  # noqa: PLW0603
    if point == _POINT:
        _left -= 1
        if _left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
