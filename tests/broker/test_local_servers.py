"""The embedded servers keep their data, refuse what is wrong, and leave nothing behind."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.local import jars
from streams.local.kafka import EmbeddedKafka
from streams.local.postgres import EmbeddedPostgres
from streams.local.process import DataFolderInUse
from tests.system import PATIENT_S

OWNER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from streams.local.kafka import EmbeddedKafka
    from streams.local.postgres import EmbeddedPostgres
    root = Path(sys.argv[1])
    kafka, postgres = EmbeddedKafka(root / "kafka").start(), EmbeddedPostgres(root / "postgres").start()
    print(kafka.pid, postgres.pid, flush=True)
    time.sleep(600)
    """
)


async def test_kafka_keeps_its_records_and_its_port_over_a_crash_and_a_restart(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka").start()
    first = broker.bootstrap_servers
    try:
        admin = AIOKafkaAdminClient(bootstrap_servers=first)
        await admin.start()
        await admin.create_topics([NewTopic("kept", 1, 1)])
        await admin.close()
        async with AIOKafkaProducer(bootstrap_servers=first) as producer:
            await producer.send_and_wait("kept", b"before the crash")
        broker.kill()
        broker.start()
        async with AIOKafkaProducer(bootstrap_servers=first) as producer:
            await producer.send_and_wait("kept", b"before the stop")
        broker.stop()
        # A second object, as a second `ric up` makes it.
        broker = EmbeddedKafka(tmp_path / "kafka").start()
        assert broker.bootstrap_servers == first
        async with AIOKafkaConsumer(bootstrap_servers=first, auto_offset_reset="earliest") as consumer:
            consumer.assign([TopicPartition("kept", 0)])
            assert [(await consumer.getone()).value for _ in range(2)] == [b"before the crash", b"before the stop"]
    finally:
        broker.stop()


def test_postgres_keeps_its_rows_and_lets_nobody_in_without_the_password(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres").start()
    try:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            connection.execute("CREATE TABLE kept AS SELECT similarity('Каримов', 'КАРИМОВА') AS how_close")
        server.kill()
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT how_close > 0.5 FROM kept").fetchone() == (True,)
        for refused in (f"postgresql://ric@127.0.0.1:{server.port}/ric", f"postgresql://ric:guess@127.0.0.1:{server.port}/ric"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(refused)
    finally:
        server.stop()


def test_a_killed_owner_leaves_no_server_behind_and_its_folder_free(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert len(pids) == 2
        servers = [psutil.Process(pid) for pid in pids]
        family = servers + [child for server in servers for child in server.children(recursive=True)]
        owner.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=PATIENT_S)
    assert not [process for process in alive if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    with EmbeddedPostgres(tmp_path / "postgres"), EmbeddedKafka(tmp_path / "kafka"):
        pass


def test_an_orphan_named_by_the_pid_file_is_ended_and_a_stranger_is_not(tmp_path: Path) -> None:
    folder = (tmp_path / "kafka").absolute()
    folder.mkdir()
    orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(folder / "server.properties")])
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        (folder / "kafka.pid").write_text(str(orphan.pid))
        broker = EmbeddedKafka(folder)
        broker.prepare()
        broker.stop()
        orphan.wait(10)
        (folder / "kafka.pid").write_text(str(stranger.pid))
        broker.prepare()
        broker.stop()
        assert stranger.poll() is None
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()


def test_a_second_owner_is_told_who_owns_the_folder(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "postgres"), pytest.raises(DataFolderInUse, match=rf"pid {os.getpid()}.*RIC_DATA_DIR"):
        EmbeddedPostgres(tmp_path / "postgres").start()


def test_a_tampered_jar_is_refused(tmp_path: Path) -> None:
    whole = jars.ensure()
    for jar in whole:
        (tmp_path / jar.name).symlink_to(jar)
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in jars.ensure(tmp_path)] == [jar.sha256 for jar in jars.pinned()]
    victim = tmp_path / whole[0].name
    content = victim.read_bytes()
    victim.unlink()
    victim.write_bytes(content + b"!")
    with pytest.raises(jars.JarRefused, match=r"not .* as pinned in kafka.lock"):
        jars.ensure(tmp_path)
