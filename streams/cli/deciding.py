"""`ric replay --state APP`: runs `python -m streams.replay`, which knows the stages, and shows what it says."""

import json
import subprocess
import sys
from datetime import datetime
from typing import Any

from streams.cli import screen
from streams.cli.failures import Exit, Failure
from streams.local.supervisor import environment
from streams.settings import Settings

COLUMNS = ("partition", "records", "keys that differ", "outputs that differ", "")


def decide_again(settings: Settings, app: str, since: datetime | None, *, apply: bool, as_json: bool) -> Exit:
    """Decide an app's state again; with `apply` it takes over. Exit code 1 where something differs and still stands.

    Raises Failure with what the process said last where it could not.
    """
    command = [sys.executable, "-m", "streams.replay", app]
    command += ["--from", since.isoformat()] if since is not None else []
    command += ["--apply"] if apply else []
    process = subprocess.Popen(  # noqa: S603 - our own module
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(settings)
    )
    assert process.stdout is not None
    assert process.stderr is not None
    last = ""
    with process:
        for line in process.stderr:
            last = line.strip() or last
            if not line.startswith("replay: "):
                screen.tell(line.rstrip())
        found: list[dict[str, Any]] = [json.loads(line) for line in process.stdout]
    if process.returncode != 0:
        raise Failure(
            last.removeprefix("replay: "), "partitions that were taken over before stay so; the others are as they were", Exit.REFUSED
        )
    stands = [each for each in found if (each["keys"] or each["outputs"]) and not each["taken_over"]]
    if as_json:
        screen.put_json({"app": app, "partitions": found, "applied": apply})
    else:
        screen.put_table(COLUMNS, [_cells(each) for each in found])
        screen.tell("what differs still stands: add --apply" if stands else "the state is what its inbox says")
    return Exit.REFUSED if stands else Exit.DONE


def _cells(found: dict[str, Any]) -> tuple[Any, ...]:
    outputs = "\n".join(f"{channel} {number:,}" for channel, number in found["outputs"].items())
    return found["partition"], f"{found['records']:,}", f"{found['keys']:,}", outputs, "taken over" if found["taken_over"] else ""
