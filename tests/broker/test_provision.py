"""A deployment's first step says why it cannot be taken."""

import os
import subprocess
import sys

from streams.local.process import free_port


def test_a_database_that_does_not_answer_is_told_without_a_traceback(kafka: str, space: str) -> None:
    named = {
        "RIC_SPACE": space,
        "RIC_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "RIC_DATABASE_URL": f"postgresql://ric:hidden@127.0.0.1:{free_port()}/ric",
    }
    done = subprocess.run([sys.executable, "-m", "streams.provision"], env=os.environ | named, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("provision: the database does not answer: connection failed")
    assert not any(never in done.stderr for never in ("Traceback", "hidden"))
