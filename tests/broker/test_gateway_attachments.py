"""Attachments over HTTP: uploads that survive kills, and who gets what of a file. Real gateways, Kafka, PostgreSQL and worker."""

import asyncio
import contextlib
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import threading
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
from PIL import Image

from streams import topics
from streams.local.postgres import EmbeddedPostgres
from streams.store.migrations import kept, migrate
from streams.store.rebuild import rebuild
from tests.broker.test_gateway_deliveries import ORIGIN, WAY, Officer
from tests.delivery_cases import Recorded
from tests.store_cases import Database
from tests.system import System, ending, wait_until
from tests.unit.attachments.files import DEVICE, SECRET, photograph
from tests.unit.deliveries.office import DELIVERY, form, plan

TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {"Content-Type": "application/offset+octet-stream"}


def noisy(width: int) -> bytes:
    """A photograph that does not become small."""
    made = io.BytesIO()
    Image.effect_noise((width, width), 90).convert("RGB").save(made, "JPEG", quality=95)
    return made.getvalue()


def begin(client: httpx.Client, content: bytes, delivery: str = DELIVERY, **said: str) -> httpx.Response:
    told = {"sha256": hashlib.sha256(content).hexdigest(), "filename": "IMG 001.jpg", **said}
    metadata = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in told.items())
    headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    return client.post(f"/v1/deliveries/{delivery}/attachments", headers=headers)


def patch(client: httpx.Client, place: str, offset: int, piece: bytes, **headers: str) -> httpx.Response:
    return client.patch(place, headers=TUS | BYTES | {"Upload-Offset": str(offset), **headers}, content=piece)


def offset_of(client: httpx.Client, place: str) -> int:
    answer = client.head(place, headers=TUS)
    assert answer.status_code == 200, answer.headers
    return int(answer.headers["upload-offset"])


def settled(client: httpx.Client, place: str) -> dict[str, Any]:
    """The attachment, once it is ready or refused."""

    def looked() -> Any:
        found = client.get(place).json()
        return found if found["state"] in ("ready", "refused") else None

    found: dict[str, Any] = wait_until(looked, "the attachment was examined")
    return found


def uploaded(client: httpx.Client, content: bytes) -> tuple[str, dict[str, Any]]:
    """Its address, and how an act names it."""
    place = begin(client, content).headers["location"]
    assert patch(client, place, 0, content).status_code == 204
    found = settled(client, place)
    assert found["state"] == "ready", found
    return place, {name: found[name] for name in ("id", "sha256", "media_type", "bytes")}


async def test_what_was_acknowledged_survives_the_end_of_gateway_and_database(kafka: str, space: str, tmp_path: Path) -> None:
    office = Recorded()
    office.running(2)
    content = noisy(1300)
    assert len(content) > 1_200_000
    first, second = 400_000, 700_000
    with EmbeddedPostgres(tmp_path / "postgres") as postgres:
        migrate(postgres.url, space)
        database = Database(postgres.url, space)
        for channel in ("deliveries.current", "deliveries.events"):
            await database.put(channel, [body for name, body in office.told if name == channel])
        system = System(kafka, postgres.url, space, tmp_path / "data", partitions=1)
        await topics.apply(system.settings)
        other = System(kafka, postgres.url, space, tmp_path / "data", partitions=1)
        with ending(system), ending(other):
            system.start("gateway")
            other.start("gateway-2")
            system.wait_ready()
            wait_until(lambda: httpx.get(f"{other.url}/readyz").status_code == 200 if _listens(other.port) else None, "the other is ready")
            with (
                system.client("TJ-DCA", person="n.rahimov") as one,
                other.client("TJ-DCA", person="n.rahimov") as elsewhere,
                other.client("TJ-DCA", person="f.saidov") as colleague,
            ):
                place = begin(one, content).headers["location"]
                assert patch(one, place, 0, content[:first]).headers["upload-offset"] == str(first)

                # The line and the gateway end together, in the middle of a call.
                with socket.create_connection(("127.0.0.1", system.port)) as line:
                    head = f"PATCH {place} HTTP/1.1\r\nHost: x\r\nAuthorization: {one.headers['authorization']}\r\nTus-Resumable: 1.0.0\r\n"
                    head += f"{'Content-Type'}: {BYTES['Content-Type']}\r\nUpload-Offset: {first}\r\nContent-Length: {len(content)}\r\n\r\n"
                    line.sendall(head.encode() + content[first:second])
                    wait_until(lambda: offset_of(elsewhere, place) > first, "the other gateway sees what came")
                    system.kill("gateway")
                reached = offset_of(elsewhere, place)
                assert first < reached <= second
                assert begin(elsewhere, content).headers["location"] == place
                assert colleague.head(place, headers=TUS).status_code == 404

                conflict = patch(elsewhere, place, first, content[first:])
                assert (conflict.status_code, conflict.headers["upload-offset"]) == (409, str(reached))
                piece = content[reached : reached + 100_000]
                wrong = b64encode(hashlib.sha256(b"other").digest()).decode()
                assert patch(elsewhere, place, reached, piece, **{"Upload-Checksum": f"sha256 {wrong}"}).status_code == 460
                right = b64encode(hashlib.sha1(piece).digest()).decode()
                assert patch(elsewhere, place, reached, piece, **{"Upload-Checksum": f"sha1 {right}"}).status_code == 204

                postgres.kill()
                assert elsewhere.head(place, headers=TUS).status_code == 503
                EmbeddedPostgres.start(postgres)
                wait_until(lambda: elsewhere.head(place, headers=TUS).status_code == 200, "the database is back")
                reached += len(piece)
                assert offset_of(elsewhere, place) == reached
                assert patch(elsewhere, place, reached, content[reached:]).headers["upload-offset"] == str(len(content))
                found = settled(elsewhere, place)
                assert (found["state"], found["media_type"], found["sha256"]) == (
                    "ready",
                    "image/jpeg",
                    hashlib.sha256(content).hexdigest(),
                )
                assert elsewhere.get(f"{place}/original").content == content
                half = elsewhere.get(f"{place}/original", headers={"Range": "bytes=1000000-"})
                assert (half.status_code, half.content) == (206, content[1_000_000:])

                # What ends before it is whole is forgotten.
                left = begin(elsewhere, noisy(50)).headers["location"]
                with psycopg.connect(postgres.url, autocommit=True) as connection:
                    connection.execute(f"UPDATE \"{kept(space)}\".uploads SET expires = now() WHERE state = 'open'")
                assert elsewhere.head(left, headers=TUS).status_code == 404


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_who_sees_a_file_and_what_of_it(system: System) -> None:
    with (
        system.client("TJ-DCA", person="n.rahimov") as lead,
        system.client("TJ-DCA", person="f.saidov") as second,
        system.client("KG-SCNBC", person="t.eam") as giver,
        system.client("KG-SCNBC", person="l.ater") as colleague,
        system.client("UZ-SCC", person="n.other") as stranger,
        system.client("CARICC", "coordinator", "o.ther") as outsider,
    ):
        request = Officer(lead).must("request", form=form(WAY), plan=plan(WAY))
        Officer(second).must("signature", request=request["act"])
        wait_until(lambda: giver.get(ORIGIN).status_code == 200, "the delivery is in the tables")

        content = photograph(6)
        assert SECRET in content
        place, attached = await asyncio.to_thread(uploaded, giver, content)
        # Nobody's but the officer's before an act names it.
        assert [client.get(place).status_code for client in (lead, colleague, stranger)] == [404] * 3
        assert Officer(lead).send("room", attachments=[attached]).status_code == 422
        assert Officer(giver).send("room", attachments=[attached | {"sha256": "00" * 32}]).status_code == 422
        Officer(giver).must("room", says="фура на посту", attachments=[attached])

        shown = lead.get(f"{place}/content")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert shown.headers["content-disposition"].startswith("attachment; ")
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert any(value.startswith("sandbox") for value in shown.headers.get_list("content-security-policy", split_commas=True))
        small = lead.get(f"{place}/thumbnail").content
        for part in (shown.content, small):
            assert SECRET not in part
            assert DEVICE.encode() not in part
            assert not Image.open(io.BytesIO(part)).getexif()
        assert len(small) <= 20_000
        # Held upright: 640 × 480 turned by a quarter.
        assert Image.open(io.BytesIO(shown.content)).size == (480, 640)
        told = lead.get(place).json()
        assert (told["scanned"], told["original"], told["name"]) == (False, False, None)
        assert colleague.get(place).json()["name"] == "IMG 001.jpg"
        assert colleague.get(f"{place}/original").content == content
        assert giver.delete(place, headers=TUS).status_code == 409

        # The original is the lead's once he has asked for it, for all to read.
        assert lead.get(f"{place}/original").status_code == 403
        assert Officer(giver).send("room", originals=[attached["id"]], says="?").status_code == 409
        Officer(lead).must("room", originals=[attached["id"]], says="для материалов дела")
        assert second.get(f"{place}/original").content == content

        Officer(lead).must("evidence", item="SEAL-1", entry="sealed", seal="TK-1", attachments=[attached])
        lines = wait_until(lambda: _lines(giver, 5), "the timeline is in the tables")
        assert [line["what"]["originals"] for line in lines if "originals" in line["what"]] == [[attached["id"]]]

        # Forbidden is missing, whatever is asked, and however it is asked for.
        missing = place.replace(DELIVERY, "TJ-DCA/NEVER")
        for client in (stranger, outsider):
            for ending in ("", "/thumbnail", "/content", "/original"):
                hidden, none = client.get(place + ending), client.get(missing + ending)
                assert (hidden.status_code, hidden.content) == (404, none.content), ending
                assert hidden.json()["detail"] == "there is no such delivery"
            for hidden, none in (
                (begin(client, content), begin(client, content, "TJ-DCA/NEVER")),
                (client.delete(place, headers=TUS), client.delete(missing, headers=TUS)),
                (patch(client, place, 0, b"x"), patch(client, missing, 0, b"x")),
                tuple(Officer(client).send("room", attachments=[attached | {"id": one}]) for one in (attached["id"], str(uuid4()))),
            ):
                assert (hidden.status_code, hidden.content) == (none.status_code, none.content)
                assert hidden.status_code in (403, 404, 422)

        await asyncio.to_thread(goes_on_where_the_line_broke, system)
        await asyncio.to_thread(refuses_what_is_wrong, system)

        # The tables are made again; files stay.
        system.end("projector")
        await asyncio.to_thread(rebuild, system.settings)
        assert lead.get(f"{place}/content").content == shown.content

        # Who leaves the room sees it no more.
        system.start("projector")
        Officer(giver).must("room", enters=["KG-SCNBC/t.eam"])
        wait_until(lambda: colleague.get(place).status_code == 404, "the colleague is not in the room")
        assert giver.get(f"{place}/thumbnail").status_code == 200


def _lines(client: httpx.Client, number: int) -> list[dict[str, Any]] | None:
    found: list[dict[str, Any]] = client.get(f"{ORIGIN}/events").json()["items"]
    return found if len(found) >= number else None


def refuses_what_is_wrong(system: System) -> None:
    with system.client("TJ-DCA", person="n.rahimov") as lead:
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        place = begin(lead, svg).headers["location"]
        patch(lead, place, 0, svg)
        found = settled(lead, place)
        assert (found["state"], found["code"]) == ("refused", "markup")
        assert lead.get(f"{place}/content").status_code == 409

        other = photograph()
        place = begin(lead, other, sha256="11" * 32).headers["location"]
        patch(lead, place, 0, other)
        assert settled(lead, place)["code"] == "other_content"

        large = lead.post(f"{ORIGIN}/attachments", headers=TUS | {"Upload-Length": str(30_000_000), "Upload-Metadata": "sha256 MTE="})
        assert large.status_code == 413
        unspoken = lead.post(f"{ORIGIN}/attachments", headers={"Upload-Length": "1"})
        assert (unspoken.status_code, unspoken.headers["tus-version"]) == (412, "1.0.0")
        able = lead.options(f"{ORIGIN}/attachments")
        assert "checksum" in able.headers["tus-extension"]
        began = [begin(lead, b"%d" % number) for number in range(11)]
        assert [answer.status_code for answer in began] == [201] * 10 + [429]
        place = began[0].headers["location"]
        assert patch(lead, place, 0, b"longer").status_code == 413
        assert lead.delete(place, headers=TUS).status_code == 204
        assert begin(lead, b"%d" % 10).status_code == 201


class BadLine:
    """A line to the gateway that breaks each time so many bytes have gone up."""

    def __init__(self, port: int, most: int) -> None:
        self._to, self._most, self.broke = port, most, 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                threading.Thread(target=self._carry, args=(near, far, self._most), daemon=True).start()
                threading.Thread(target=self._carry, args=(far, near, 10**9), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, left: int) -> None:
        with contextlib.suppress(OSError), source, sink:
            while left > 0 and (piece := source.recv(min(16_384, left))):
                sink.sendall(piece)
                left -= len(piece)
            self.broke += left == 0
            source.shutdown(socket.SHUT_RDWR)
            sink.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.close()


def goes_on_where_the_line_broke(system: System) -> None:
    """`ric attach` over a line that breaks twice a megabyte."""
    photo, token = system.data_dir / "протокол.jpg", system.data_dir / "token"
    photo.write_bytes(noisy(1200))
    token.write_text(system.token("TJ-DCA"))
    token.chmod(0o600)
    line = BadLine(system.port, 500_000)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RIC_")}
    command = ["attach", DELIVERY, str(photo), "--note", "с поста", "--url", f"http://127.0.0.1:{line.port}", "--token-file", str(token)]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "streams.cli.main", *command, "--json"], env=environment, capture_output=True, timeout=300, check=False
        )
    finally:
        line.close()
    assert done.returncode == 0, done.stderr.decode()
    assert line.broke >= 2
    (attached,) = json.loads(done.stdout)
    with system.client("TJ-DCA", person="f.saidov") as second:
        shown = second.get(f"{ORIGIN}/attachments/{attached['id']}")
        assert (shown.json()["sha256"], shown.json()["name"]) == (hashlib.sha256(photo.read_bytes()).hexdigest(), photo.name)
