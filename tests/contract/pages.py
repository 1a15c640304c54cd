"""The pages' own code, run in Node: what a browser adds are the inputs."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

from streams.local.node import build_dashboard, node_home

PROGRAMS = Path(__file__).parent / "forms"
DASHBOARD = Path(__file__).parents[2] / "streams/dashboard"


def printed(program: str, folder: Path, *given: str) -> dict[str, Any]:
    """What `forms/<program>.ts` prints as JSON, bundled into this folder with the pages' modules that it imports."""
    asyncio.run(build_dashboard(print))
    node, bundle = str(node_home() / "bin" / "node"), str(folder / f"{program}.mjs")
    bundler = str(DASHBOARD / "node_modules/rolldown/bin/cli.mjs")
    pack = [node, bundler, str(PROGRAMS / f"{program}.ts"), "--file", bundle, "--platform", "node"]
    subprocess.run(pack, check=True, capture_output=True, cwd=DASHBOARD)
    run = subprocess.run([node, "--import", str(PROGRAMS / "browser.mjs"), bundle, *given], check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found
