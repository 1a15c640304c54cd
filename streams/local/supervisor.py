"""The engine of `ric up`: servers, topics, tables, then the centre's processes, watched, restarted, and stopped in order."""

import asyncio
import contextlib
import logging
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
from aiokafka.errors import KafkaError
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from streams import topics
from streams.database import UnsafeDatabaseConnection
from streams.kafka import UnsafeKafkaConnection
from streams.local import parked
from streams.local.jars import JarRefused
from streams.local.kafka import EmbeddedKafka
from streams.local.node import BuildFailed, build_dashboard
from streams.local.postgres import EmbeddedPostgres
from streams.local.process import DataFolderInUse, ServerFailed, ended, free_port, owned, read_pid, rotate, spawn, stop, tail
from streams.provision import provision
from streams.settings import Settings

READY_WITHIN = 120.0
GIVE_UP_AFTER = 5
"""Ends of one process before the centre was ever ready: it is broken, not unlucky."""
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
SETTLED_AFTER = 60.0
ROTATE_EVERY = 30.0


@dataclass(frozen=True, slots=True)
class Child:
    """One process of the centre. `stage` orders the stop: the lower ends first. `again` restarts it whenever it ends. `measured`: it
    serves metrics, on a port that is noted in the data folder for `ric topology`."""

    name: str
    module: tuple[str, ...]
    stage: int
    again: bool = True
    grace_s: float = 15.0
    measured: bool = False


CHILDREN: tuple[Child, ...] = (
    Child("worker", ("faust", "-A", "streams.app", "worker", "-l", "info"), stage=3, grace_s=20.0, measured=True),
    Child("projector", ("streams.store.projector",), stage=3, measured=True),
    Child("clock", ("streams.clock",), stage=3, measured=True),
    Child("gateway", ("streams.gateway",), stage=2),
)


def simulator(seed: int) -> Child:
    """The demonstration's traffic."""
    return Child("simulator", ("streams.simulate", "--seed", str(seed)), stage=1)


@dataclass(frozen=True, slots=True)
class Import:
    """A file to bring in when the centre is ready, as `ric import FILE --mapping M --agency A` would."""

    file: Path
    mapping: Path
    agency: str

    @property
    def child(self) -> Child:
        """The process that does it, once."""
        words = ("import", str(self.file), "--mapping", str(self.mapping), "--agency", self.agency)
        return Child(f"import-{self.file.stem}", ("streams.cli.main", *words), stage=1, again=False)


class CannotStart(RuntimeError):
    """The centre did not come up; the message says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A play in a space of its own on the centre's servers: `space` gives its settings, `clear` removes it when the centre stops."""

    play: "Play"
    space: Callable[[Settings], Settings]
    clear: Callable[[Settings], Coroutine[Any, Any, None]]


class Ended(RuntimeError):
    """What played in the centre cannot go on, and the centre ends with it; the message says why."""


CANNOT = (
    *(CannotStart, DataFolderInUse, ServerFailed, JarRefused, BuildFailed),
    *(topics.TopicsRefused, UnsafeKafkaConnection, UnsafeDatabaseConnection),
)
"""What ends a centre with a reason that its operator can do something about."""


class Tell(Protocol):
    """Takes a line for people, and facts for programs: `event` is progress, ready, demo, sign-in, parked, stopping, stopped or failed."""

    def __call__(self, text: str, facts: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Play:
    """What is played in a centre when it is ready: `run` with its settings. `duty` is the coordinator whom the link signs in.

    Raises Ended out of `run` where it cannot go on.
    """

    duty: str
    run: Callable[[Settings, Tell], Coroutine[Any, Any, None]]


@dataclass
class _Centre:
    settings: Settings
    tell: Tell
    ready: bool = False
    broken: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    running: dict[Child, subprocess.Popen[bytes]] = field(default_factory=dict)
    watchers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def logs(self) -> Path:
        return self.settings.data_dir / "logs"

    def say(self, text: str, event: str = "progress", **facts: Any) -> None:
        self.tell(text, {"event": event, **facts})

    def watch(self, work: Coroutine[Any, Any, None]) -> None:
        """Run beside everything else until the stop; an error in it ends the centre, for nobody would see it otherwise."""
        task = asyncio.create_task(work)
        task.add_done_callback(self._watched)
        self.watchers.append(task)

    def _watched(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.give_up(str(error) if isinstance(error, Ended) else f"{type(error).__name__}: {error}")

    def give_up(self, why: str) -> None:
        """Stop everything and say why."""
        if not self.broken.done():
            self.broken.set_result(why)


async def up(
    settings: Settings,
    *,
    demo: bool = False,
    imports: Sequence[Import] = (),
    play: Play | None = None,
    beside: Beside | None = None,
    tell: Tell,
) -> int:
    """Run the centre until SIGINT or SIGTERM. Returns the exit code: 0 after a stop that was asked for, 1 where it could not start or
    go on.

    Whatever was started is stopped on every way out; a signal during the stop changes nothing.
    """
    asked = asyncio.Event()
    with _signals(asked):
        work = asyncio.create_task(_run(settings, demo, imports, play, beside, tell))
        asking = asyncio.create_task(asked.wait())
        await asyncio.wait({work, asking}, return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()
        if not work.done():
            tell("stopping…", {"event": "stopping"})
            work.cancel()
        try:
            await work
        except asyncio.CancelledError:
            said = "stopped" if play else f"stopped; the data stays in {settings.data_dir}"
            tell(said, {"event": "stopped", "data_dir": str(settings.data_dir)})
            return 0
        except CANNOT as error:
            tell(f"ric: {error}", {"event": "failed", "why": str(error)})
            return 1
    return 0


@contextlib.contextmanager
def _signals(asked: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)


async def _run(  # noqa: PLR0917
    settings: Settings, demo: bool, imports: Sequence[Import], play: Play | None, beside: Beside | None, tell: Tell
) -> None:
    began = time.monotonic()
    with owned(settings.data_dir):
        # Made beforehand by somebody else's hand, it may be open to all: state and logs tell of reports.
        settings.data_dir.chmod(0o700)
        centre = _Centre(settings.model_copy(update={"port": _gateway_port(settings)}), tell)
        # aiokafka tells every attempt to connect as an error; what matters is said here.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        async with _servers(centre):
            await _install(centre)
            try:
                for child in CHILDREN:
                    centre.watch(_keep(centre, child))
                await _until_ready(centre)
                centre.ready = True
                took = round(time.monotonic() - began, 1)
                centre.say(
                    f"ready in {took} s; logs in {centre.logs}", "ready", url=url_of(centre.settings), seconds=took, logs=str(centre.logs)
                )
                if demo:
                    seed = random.SystemRandom().randrange(2**24)
                    centre.say(f"demonstration traffic of the region, seed {seed}", "demo", seed=seed)
                    centre.watch(_keep(centre, simulator(seed)))
                _welcome(centre, play.duty if play else "duty.coordinator")
                if play is not None:
                    centre.watch(play.run(centre.settings, tell))
                if beside is not None:
                    centre.watch(_beside(centre, beside))
                for item in imports:
                    centre.watch(_keep(centre, item.child))
                centre.watch(_rotate(centre))
                centre.watch(parked.tell(centre.settings.data_dir / "metrics" / "worker", lambda text: centre.say(text, "parked")))
                raise CannotStart(await centre.broken)
            finally:
                await _uncancelled(_stop_children(centre))


async def _beside(centre: _Centre, beside: Beside) -> None:
    """Whatever becomes of it, the centre goes on."""
    settings = beside.space(centre.settings)

    def tell(text: str, facts: Mapping[str, Any]) -> None:
        centre.tell(f"exercise: {text}", {**facts, "event": f"beside-{facts.get('event')}", "space": settings.space})

    try:
        await _run(settings, False, (), beside.play, None, tell)
    except CANNOT as error:
        tell(f"ended: {error}", {"event": "failed", "why": str(error)})
    finally:
        await _uncancelled(beside.clear(settings))


def _gateway_port(settings: Settings) -> int:
    """The chosen port, which must be free; else the one used before, so that a signed-in browser stays so; else a free one."""
    if settings.port:
        if free_port(settings.port) != settings.port:
            raise CannotStart(f"port {settings.port} is taken by another program: set RIC_PORT to another, or unset it")
        return settings.port
    remembered = settings.data_dir / "port"
    port = free_port(read_pid(remembered) or 0)
    remembered.write_text(str(port))
    return port


@contextlib.asynccontextmanager
async def _servers(centre: _Centre) -> AsyncIterator[None]:
    """The broker and the database that the settings do not name, and meanwhile the dashboard's build."""
    settings, folder = centre.settings, centre.settings.data_dir
    kafka = EmbeddedKafka(folder / "kafka", logs=centre.logs, progress=_bytes(centre)) if not settings.kafka_bootstrap_servers else None
    postgres = EmbeddedPostgres(folder / "postgres", logs=centre.logs) if settings.database_url is None else None
    servers = [server for server in (kafka, postgres) if server is not None]
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(build_dashboard(centre.say))
            for server in servers:
                group.create_task(_start(centre, server))
        found: dict[str, object] = {}
        if kafka is not None:
            found["kafka_bootstrap_servers"] = kafka.bootstrap_servers
        if postgres is not None:
            found["database_url"] = SecretStr(postgres.url)
        centre.settings = settings.model_copy(update=found)
        for server in servers:
            centre.watch(_keep_server(centre, server))
        yield
    except ExceptionGroup as group_of_errors:
        raise group_of_errors.exceptions[0] from None
    finally:
        for watcher in centre.watchers:
            watcher.cancel()
        await _uncancelled(asyncio.gather(*(asyncio.to_thread(server.stop) for server in servers)))


async def _start(centre: _Centre, server: EmbeddedKafka | EmbeddedPostgres) -> None:
    began = time.monotonic()
    await asyncio.to_thread(server.prepare)
    # On the loop's thread, which lives as long as we: the server is leashed to it.
    server.spawn()
    await asyncio.to_thread(server.wait_ready)
    centre.say(f"{_name(server)} ready on 127.0.0.1:{server.port} ({time.monotonic() - began:.1f} s)")


def _name(server: EmbeddedKafka | EmbeddedPostgres) -> str:
    return "Kafka" if isinstance(server, EmbeddedKafka) else "PostgreSQL"


async def _keep_server(centre: _Centre, server: EmbeddedKafka | EmbeddedPostgres) -> None:
    for wait in _backoff():
        while server.pid is not None:  # noqa: ASYNC110 - a child's end is no asyncio event
            await asyncio.sleep(0.2)
        centre.say(f"{_name(server)} ended by itself; starting it again")
        server.kill()
        try:
            await _start(centre, server)
        except ServerFailed as error:
            centre.say(str(error))
            await asyncio.sleep(wait)


async def _install(centre: _Centre) -> None:
    try:
        changes = await provision(centre.settings)
    except KafkaError as error:
        raise CannotStart(f"Kafka at {centre.settings.kafka_bootstrap_servers} did not accept the topics: {error}") from error
    except OperationalError as error:
        raise CannotStart(f"the database does not answer: {error.orig}") from error
    made = sum(change.kind in {"create", "configure"} for change in changes)
    centre.say(f"space {centre.settings.space}: {made} topics made or mended, tables up to date")


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a child process reads them, over this process's environment: of a setting that is unset, nothing is inherited."""
    said: dict[str, str] = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            said[name] = value.get_secret_value()
        elif isinstance(value, tuple):
            said[name] = ",".join(value)
        elif value is not None:
            said[name] = str(value)
    ours = {f"RIC_{name.upper()}" for name in Settings.model_fields}
    others = {name: value for name, value in os.environ.items() if name.upper() not in ours}
    return others | {f"RIC_{name.upper()}": value for name, value in said.items()} | {"PYTHONUNBUFFERED": "1"}


async def _keep(centre: _Centre, child: Child) -> None:
    """Start the child, and again whenever it ends: fail-stop is how our processes deal with trouble."""
    log = centre.logs / f"{child.name}.log"
    said = environment(centre.settings) | ({"RIC_METRICS_PORT": str(_metrics_port(centre.settings, child))} if child.measured else {})
    ends = 0
    waits = _backoff()
    while True:
        began = time.monotonic()
        process = spawn([sys.executable, "-m", *child.module], log=log, env=said)
        centre.running[child] = process
        code = await ended(process)
        if not child.again:
            centre.say(f"{child.name}: {'done' if code == 0 else f'ended with {code}'}\n{tail(log, 12)}")
            return
        ends += 1
        if not centre.ready and ends >= GIVE_UP_AFTER:
            centre.give_up(f"{child.name} ended {ends} times while starting; the end of {log}:\n{tail(log, 25)}")
            return
        if time.monotonic() - began > SETTLED_AFTER:
            waits = _backoff()
        wait = next(waits)
        centre.say(f"{child.name} ended ({_reason(code)}); again in {wait:g} s; see {log}")
        await asyncio.sleep(wait)


def _metrics_port(settings: Settings, child: Child) -> int:
    """The port used before if it is free, so that whoever reads the metrics still finds them; else a free one."""
    note = settings.data_dir / "metrics" / child.name
    note.parent.mkdir(exist_ok=True)
    # The setting is the worker's; projector and clock beside it have other ports.
    chosen = settings.metrics_port if child.name == "worker" else 0
    port = chosen or free_port(read_pid(note) or 0)
    note.write_text(str(port))
    return port


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _backoff() -> Iterator[float]:
    yield from BACKOFF_S
    while True:
        yield BACKOFF_S[-1]


async def _until_ready(centre: _Centre) -> None:
    """The gateway's /readyz says that it reaches Kafka and PostgreSQL."""
    waiting = asyncio.ensure_future(_ready(url_of(centre.settings)))
    both: set[asyncio.Future[Any]] = {waiting, centre.broken}
    try:
        await asyncio.wait(both, timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return
        if centre.broken.done():
            raise CannotStart(centre.broken.result())
    finally:
        waiting.cancel()
    log = centre.logs / "gateway.log"
    raise CannotStart(f"the gateway was not ready within {READY_WITHIN:.0f} s; the end of {log}:\n{tail(log, 25)}")


async def _ready(url: str) -> None:
    # The certificate is the operator's and names the outside host; this asks over loopback whether the process works.
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=5) as client:  # noqa: S501
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)


def url_of(settings: Settings) -> str:
    """Where the gateway is reached from this machine."""
    scheme = "https" if settings.tls_cert is not None else "http"
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    return f"{scheme}://{host}:{settings.port}"


def _welcome(centre: _Centre, coordinator: str) -> None:
    from streams.gateway.signin import new_code

    for who, person, role in (
        ("dashboard, signs in once", coordinator, "coordinator"),
        ("as steward, for dead letters and holds", "duty.steward", "steward"),
    ):
        code = new_code(centre.settings.data_dir, person, "CARICC", role)
        link = f"{url_of(centre.settings)}/sign-in?code={code}"
        centre.say(f"{who}: {link}", "sign-in", role=role, url=link)
    centre.say("Ctrl-C stops")


async def _rotate(centre: _Centre) -> None:
    while True:
        await asyncio.sleep(ROTATE_EVERY)
        for log in centre.logs.glob("*.log"):
            if log.name != "kafka.log":  # Log4j rolls its own
                rotate(log)


async def _stop_children(centre: _Centre) -> None:
    """Those who write first: senders, then the gateway, then those who work off what it took."""
    for watcher in centre.watchers:
        watcher.cancel()
    await asyncio.gather(*centre.watchers, return_exceptions=True)
    for stage in sorted({child.stage for child in centre.running}):
        await asyncio.gather(
            *(
                asyncio.to_thread(stop, process, (signal.SIGTERM, child.grace_s))
                for child, process in centre.running.items()
                if child.stage == stage
            )
        )


async def _uncancelled(work: Awaitable[object]) -> None:
    """Finish `work` even when cancelled meanwhile; the cancellation is passed on after it."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


def _bytes(centre: _Centre) -> Callable[[int, int], None]:
    told = -1

    def progress(done: int, total: int) -> None:
        nonlocal told
        step = done * 4 // total
        if step > told:
            told = step
            centre.say(f"fetching Kafka: {done / 1e6:.0f} of {total / 1e6:.0f} MB")

    return progress
