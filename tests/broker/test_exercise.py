"""`ric exercise` beside a live space on the same servers: it plays to its end, shows every inject, and leaves nothing in the other."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg
import pypdfium2
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from psycopg import sql

from streams.gateway import tokens
from streams.local.exercise import beside, clear
from streams.local.process import LEASH
from streams.local.supervisor import Beside, Ended, Play, up
from streams.planning import directory
from streams.settings import Settings
from streams.simulate.exercise import Player
from streams.simulate.exercise_cast import CHIEF, DUTY, KG, LEAD, NEXT, OFFICERS
from streams.simulate.exercise_guarded import STOP_ORDER
from streams.simulate.exercise_line import CannotGoOn, Line
from streams.simulate.exercise_looks import at_the_desk, called, file, near
from streams.simulate.exercise_nearby import other
from streams.simulate.exercise_role import Waits
from streams.simulate.exercise_scenario import story
from streams.simulate.exercise_story import CallUs, Desk, Near, Step, act_id
from streams.simulate.exercise_turns import Trainee
from tests.system import System, ending

Json = dict[str, Any]
SEED = 7
OUR_OWN = {"alembic_version", "projector_offsets"}
"""Tables that hold something before any report."""


@contextmanager
def exercise(centre: Settings, space: str) -> Iterator[tuple[subprocess.Popen[str], list[Json]]]:
    """The running `ric exercise --fast`, and what it told until it had played."""
    assert centre.kafka_bootstrap_servers
    assert centre.database_url
    environment = os.environ | {
        "RIC_DATA_DIR": str(centre.data_dir),
        "RIC_KAFKA_BOOTSTRAP_SERVERS": centre.kafka_bootstrap_servers,
        "RIC_DATABASE_URL": centre.database_url.get_secret_value(),
    }
    # It ends with the tests, whatever ends them.
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(signal.SIGTERM)), "-"]
    options = ["--fast", "--seed", str(SEED), "--space", space, "--json"]
    command = [*leash, sys.executable, "-m", "streams.cli.main", "exercise", *options]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        told: list[Json] = []
        try:
            for line in process.stdout:
                told.append(json.loads(line))
                if told[-1]["event"] == "open":
                    yield process, told
                    break
            else:
                raise AssertionError("the exercise ended before it was played:\n" + "\n".join(each["message"] for each in told[-12:]))
        finally:
            process.kill()


def token(settings: Settings, officer: str, space: str | None = None) -> str:
    """Signed with the keys of these settings, for their space or another."""
    agency, _, person = officer.partition("/")
    country, role = ("" if agency == "CARICC" else agency[:2]), OFFICERS[officer]
    who = tokens.claims(person, agency, country, role, space=space or settings.space, lifetime=timedelta(hours=1), now=datetime.now(UTC))
    return tokens.issue(tokens.Keys.of(settings), who)


def get(url: str, path: str, bearer: str) -> httpx.Response:
    return httpx.get(f"{url}{path}", headers={"Authorization": f"Bearer {bearer}"}, timeout=60)


def post(url: str, path: str, bearer: str, body: Json) -> httpx.Response:
    return httpx.post(f"{url}{path}", json=body, headers={"Authorization": f"Bearer {bearer}"}, timeout=60)


async def records(settings: Settings, space: str) -> dict[str, int]:
    """How many records each topic of the space has."""
    servers = settings.kafka_bootstrap_servers
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers)
    try:
        await admin.start()
        await consumer.start()
        names = [name for name in await admin.list_topics() if name.startswith(f"{space}.")]
        described = await admin.describe_topics(names) if names else []
        parts = [TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]]
        ends = await consumer.end_offsets(parts)
        return {name: sum(end for part, end in ends.items() if part.topic == name) for name in names}
    finally:
        await consumer.stop()
        await admin.close()


def rows(settings: Settings, space: str) -> dict[str, int]:
    """How many rows each table of the space has."""
    assert settings.database_url
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [space]).fetchall()
        count = sql.SQL("SELECT count(*) FROM {}")
        found = {name: connection.execute(count.format(sql.Identifier(space, name))).fetchone() for (name,) in tables}
        return {name: int(row[0]) for name, row in found.items() if row is not None}


@pytest.fixture
async def live(kafka: str, postgres_url: str, space: str, tmp_path: Path) -> Any:
    """A real space with its gateway, on the servers that the exercise will use too."""
    system = System(kafka, postgres_url, space, tmp_path / "data", partitions=2)
    await system.install()
    with ending(system):
        system.start("gateway")
        system.wait_ready()
        yield system


async def test_it_plays_to_the_end_beside_a_live_space_and_nothing_crosses(live: System) -> None:
    drill = beside(live.settings, f"exercise-{live.space}")
    with exercise(live.settings, drill.space) as (process, told):
        print(f"seed {SEED}")
        url = next(each["url"] for each in told if each["event"] == "sign-in" and each["role"] == "coordinator").partition("/sign-in")[0]
        delivery = next(each["delivery"] for each in told if each["event"] == "played")

        assert all_injects_came(told)
        report = get(url, f"/v1/deliveries/{delivery}/report.json", token(drill, DUTY)).json()
        its_report_says_what_happened(report, drill.space)
        as_kyrgyzstan_reads_it = get(url, f"/v1/deliveries/{delivery}/report.json", token(drill, KG)).json()
        what_the_guard_did_is_told_to_those_whom_it_warned(report, as_kyrgyzstan_reads_it)
        the_centre_alone_learns_of_duress(report, as_kyrgyzstan_reads_it)
        the_photograph_is_in_the_room(as_kyrgyzstan_reads_it)
        the_shift_is_with_who_took_over(url, drill)
        the_dashboard_opens_in_the_exercise(told, drill.space)

        await nothing_crossed(live, drill, url, delivery)
        await a_refused_act_ends_it(drill, url, delivery)
        await what_does_not_come_ends_it(drill, url, delivery)
        await a_person_plays_a_role_and_the_script_what_the_person_does_not(drill, url)

        process.send_signal(signal.SIGINT)
        assert process.wait(90) == 0
    assert await records(live.settings, drill.space) == {}
    assert rows(live.settings, drill.space) == {}
    assert not drill.data_dir.exists()


def all_injects_came(told: list[Json]) -> bool:
    of_the_story = [inject for each in story("X", datetime.now(UTC)).happens if (inject := getattr(each, "inject", ""))]
    assert [each["inject"] for each in told if each["event"] == "exercise" and each["inject"]] == of_the_story
    return len(of_the_story) >= 10


def its_report_says_what_happened(report: Json, space: str) -> None:
    assert (report["space"], report["exercise"], report["status"], report["form"]["form"]["exercise"]) == (space, True, "evaluated", True)
    outcome = report["outcome"]
    assert (outcome["arrests"], outcome["routes_dismantled"], len(outcome["shares"]), len(outcome["lessons"])) == (3, 1, 4, 3)
    assert outcome["difference_mg"] == {"героин": -25_000}
    assert outcome["shortfall_signed"]

    timeline = report["timeline"]
    acts = {event["kind"] for event in timeline}
    assert {"refusal", "route_change", "radio_shadow", "crossed", "split", "stop_request", "held", "resumed", "voice_confirmed"} <= acts
    assert {"signature", "evidence", "secured", "closed", "evaluated"} <= acts
    alarms = [event["what"]["alarm_kind"] for event in timeline if event["kind"] == "alarm" and event["audience"] is None]
    assert alarms == ["consent_refused", "contact_lost", "crossed_unaccepted", "stop_requested", "shortfall", "shortfall"]  # weighed twice
    # The jump by hand, among what the devices tell.
    assert [event["what"]["position"]["jump"] for event in timeline if event["kind"] == "tracked" and event["by"]] == [True]

    gaps = {gap["kind"]: gap for gap in report["gaps"]}
    assert set(gaps) == {"radio_shadow", "contact_lost", "crossed_unaccepted"}
    assert gaps["contact_lost"]["ended_by"] == "check_in"
    assert gaps["crossed_unaccepted"]["ended_by"] == "acceptance"
    [voice] = report["entries_by_voice"]
    assert (voice["on_behalf_of"], voice["by"]["agency"], voice["voice"]) == ("KG-DCS/uchebnov.kg1", "CARICC", "confirmed")

    assert report["chain"]["verdict"] == "intact"
    previous = ""
    for number, event in enumerate((event for event in timeline if event["audience"] is None), 1):  # by hand, as whoever was given it can
        body = {name: value for name, value in event.items() if name not in ("hash", "seq", "voice")}
        assert (body["number"], body["previous"]) == (number, previous)
        previous = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
        assert event["hash"] == previous

    fictional = {entry.authority for entry in directory.exercise().entries} | {"CARICC"}
    assert {event["by"]["agency"] for event in timeline if event["by"]} <= fictional


def what_the_guard_did_is_told_to_those_whom_it_warned(report: Json, other: Json) -> None:
    """A party that had no part of the delivery when reports met what is under watch has the timeline without a gap, and nothing of it."""
    assert report["guard_chain"]["verdict"] == "intact"
    guard = [event for event in report["timeline"] if event["audience"] is not None and "duress" not in str(event)]
    met = {event["what"]["match"]: event["what"] for event in guard if event["kind"] == "watch_match"}
    assert [(name, what["contact"], what["held"]) for name, what in met.items()] == [
        ("m1", "the duty desk of UZ-BRD", True),
        ("m2", "the duty desk of KZ-CUS", True),
    ]
    [released] = [event for event in guard if event["kind"] == "match_released"]
    assert (released["what"]["match"], f"{released['by']['agency']}/{released['by']['person']}") == ("m1", DUTY)
    resolved = [event["by"]["person"] for event in guard if event["kind"] == "alarm_resolved"]
    assert [f"CARICC/{person}" for person in resolved] == [DUTY, NEXT]

    assert (other["chain"]["verdict"], "guard_chain" in other) == ("intact", False)
    assert other["chain"]["events"] == report["chain"]["events"]
    assert "watch_match" not in {event["kind"] for event in other["timeline"]}
    assert "guard_match" not in str(other)


def the_centre_alone_learns_of_duress(report: Json, other: Json) -> None:
    assert report["restricted_chain"]["verdict"] == "intact"
    silent = [event["kind"] for event in report["timeline"] if event["audience"] and "duress" in str(event)]
    assert silent == ["alarm", "alarm_resolved"]
    assert "duress" not in str(other)


def the_photograph_is_in_the_room(report: Json) -> None:
    [shown] = [event for event in report["timeline"] if event["kind"] == "message" and event["what"].get("attachments")]
    assert (shown["by"]["agency"], shown["what"]["attachments"][0]["media_type"]) == ("KZ-DCC", "image/jpeg")


def the_shift_is_with_who_took_over(url: str, drill: Settings) -> None:
    assert [one["person"] for one in get(url, "/v1/shift", token(drill, NEXT)).json()["officers"]] != []
    assert get(url, "/v1/shift", token(drill, DUTY)).json()["me"] is None
    assert get(url, "/v1/deconfliction", token(drill, CHIEF)).json()["items"] == []


def the_dashboard_opens_in_the_exercise(told: list[Json], space: str) -> None:
    link = next(each["url"] for each in told if each["event"] == "sign-in" and each["role"] == "coordinator")
    with httpx.Client() as browser:
        assert browser.get(link, follow_redirects=True).status_code in (200, 503)  # 503: the dashboard is not built here
        me = browser.get(link.partition("/sign-in")[0] + "/v1/me").json()
        assert (me["space"], me["exercise"], f"{me['agency']}/{me['person']}") == (space, True, DUTY)
        # The link signs in who is in the room: the delivery is on the screen, and its report opens.
        assert len(browser.get(link.partition("/sign-in")[0] + "/v1/deliveries").json()["items"]) == 1
        paper = browser.get(next(each["report"] for each in told if each["event"] == "played").replace(".json", ".pdf"))
        assert paper.content.startswith(b"%PDF"), paper.text
        with closing(pypdfium2.PdfDocument(paper.content)) as document:
            pages = [page.get_textpage().get_text_range() for page in document]
        assert pages
        assert all("EXERCISE — NOT REAL" in page or "УЧЕНИЕ — НЕ РЕАЛЬНО" in page for page in pages)
        assert any("m2" in page and "KZ-CUS" in page for page in pages)


async def nothing_crossed(live: System, drill: Settings, url: str, delivery: str) -> None:
    ours, theirs = token(live.settings, LEAD), token(drill, LEAD)
    assert get(live.url, "/v1/me", ours).json()["exercise"] is False
    assert get(live.url, "/v1/me", theirs).status_code == 401
    assert get(url, "/v1/me", ours).status_code == 401
    # Neither do keys of the one sign for the other, whatever space a token says that it is for.
    assert get(live.url, "/v1/me", token(drill, LEAD, live.space)).status_code == 401
    assert get(url, "/v1/me", token(live.settings, LEAD, drill.space)).status_code == 401
    assert get(live.url, f"/v1/deliveries/{delivery}", ours).status_code == 404

    for gateway, bearer, form_of in ((live.url, ours, True), (url, theirs, False)):
        told = story("EX-CROSSING", datetime.now(UTC))
        act = next(each for each in told.happens if isinstance(each, Step) and each.name == "request")
        now = datetime.now(UTC).isoformat()
        said: Json = {"id": str(uuid4()), "delivery": told.delivery, "act": "request", "at": now} | act.said
        said["form"] = said["form"] | {"exercise": form_of}
        answer = post(gateway, "/v1/deliveries/acts", bearer, said)
        assert answer.status_code == 422, answer.text
        assert [each["field"] for each in answer.json()["problems"]] == ["form.exercise"]

    played = await records(live.settings, drill.space)
    assert played[f"{drill.space}.deliveries.events"] >= 50
    assert set((await records(live.settings, live.space)).values()) == {0}
    assert {name: count for name, count in rows(live.settings, live.space).items() if count and name not in OUR_OWN} == {}


async def a_refused_act_ends_it(drill: Settings, url: str, delivery: str) -> None:
    """Playing the same delivery once more begins with an act that had other content."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        player = Player(drill, client, lambda text, facts: None, SEED, fast=True)
        with pytest.raises(CannotGoOn, match=r"TJ-DCA/uchebnov\.tj1's request .* refused with 409: an act of this id .* what stands"):
            await player.play(delivery.partition("/")[2])


async def what_does_not_come_ends_it(drill: Settings, url: str, delivery: str) -> None:
    """When all is over nothing is under watch, nobody is asked to call, and nothing is near."""
    now, other_one = datetime.now(UTC), other(delivery)
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        line = Line(drill, client, patient_s=1)
        with pytest.raises(CannotGoOn, match=r"KZ-DCC/uchebnov\.kz1 reads EX-AFTER-stop, which the guard should keep in"):
            await file(line, "TJ-DCA/EX-AFTER", STOP_ORDER)
        with pytest.raises(CannotGoOn, match="KZ-CUS is not asked to call"):
            await called(line, delivery, CallUs(STOP_ORDER, ""), now)
        with pytest.raises(CannotGoOn, match=f"the supervisor is not told that {other_one} comes near {delivery}"):
            await near(line, delivery, Near(other_one, True, CHIEF, (), ""))
        with pytest.raises(CannotGoOn, match=f"no alarm of {delivery} to accept on the shift's page of {NEXT}"):
            await at_the_desk(line, delivery, Desk(NEXT, "accept", "", item="alarm"))
        with pytest.raises(CannotGoOn, match=r"off should have been refused \(still yours\): 409 .* is not on duty"):
            await at_the_desk(line, delivery, Desk(CHIEF, "off", "", refused="still yours"))


async def a_person_plays_a_role_and_the_script_what_the_person_does_not(drill: Settings, url: str) -> None:
    """The officer of Kyrgyzstan says, over the gateway, that an entry was so; of the consent that is asked for next nothing comes."""
    whole = story(f"EX-ROLE-{drill.space[-6:]}", datetime.now(UTC))
    names = ("request", "signature", "kg-voice", "kg-confirms", "kg-consent")
    told = replace(whole, happens=tuple(each for each in whole.happens if isinstance(each, Step) and each.name in names))
    heard: list[Json] = []
    by_hand: list[asyncio.Task[httpx.Response]] = []

    def say(text: str, facts: Any) -> None:
        heard.append({**facts, "text": text})
        if (facts["event"], facts.get("step")) == ("turn", "kg-confirms"):
            at, entry = datetime.now(UTC).isoformat(), str(act_id(told.delivery, "kg-voice"))
            said = {"id": str(uuid4()), "delivery": told.delivery, "act": "voice_confirmed", "at": at, "entry": entry, "agrees": True}
            by_hand.append(asyncio.create_task(asyncio.to_thread(post, url, "/v1/deliveries/acts", token(drill, KG), said)))
        elif facts["event"] == "turn":
            trainee.waits = Waits(timedelta(0), timedelta(0))

    trainee = Trainee(KG, say, lambda: {"dashboard": "a link"})
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await Player(drill, client, say, SEED, fast=True, trainee=trainee).through(told)
    assert (await by_hand[0]).status_code == 200
    mine, scripted = trainee.turns
    assert (mine.step, mine.played, scripted.step, scripted.played) == ("kg-confirms", False, "kg-consent", True)
    assert trainee.made["kg-confirms"] != str(act_id(told.delivery, "kg-confirms"))
    assert [each["step"] for each in heard if each["event"] == "turn-played"] == ["kg-consent"]

    room = get(url, f"/v1/deliveries/{told.delivery}/events?limit=1000", token(drill, DUTY)).json()["items"]
    assert [event["by"]["person"] for event in room if event["kind"] == "voice_confirmed"] == ["uchebnov.kg1"]
    assert room[-1]["what"]["says"].endswith("EXERCISE: consent of KG-DCS/uchebnov.kg1 was played by the script")


async def test_an_exercise_that_cannot_go_on_ends_with_a_code_and_the_reason(
    kafka: str, postgres_url: str, space: str, tmp_path: Path
) -> None:
    async def run(settings: Settings, tell: Any) -> None:
        raise Ended("the exercise cannot go on: KZ refused")

    centre = Settings(data_dir=tmp_path, kafka_bootstrap_servers=kafka, database_url=postgres_url)  # type: ignore[arg-type]
    told: list[Json] = []
    drill = beside(centre, f"exercise-{space}")
    code = await up(drill, play=Play(duty="uchebnov.duty", run=run), tell=lambda text, facts: told.append({**facts}))
    assert code == 1
    assert told[-1] == {"event": "failed", "why": "the exercise cannot go on: KZ refused"}


async def test_an_exercise_that_ends_beside_a_centre_leaves_the_centre_at_work(
    kafka: str, postgres_url: str, space: str, tmp_path: Path
) -> None:
    centre = Settings(data_dir=tmp_path, space=space, kafka_bootstrap_servers=kafka, database_url=postgres_url)  # type: ignore[arg-type]
    told: list[Json] = []

    async def run(settings: Settings, tell: Any) -> None:
        assert settings.space == f"exercise-{space}"
        raise Ended("KZ refused")

    async def cleared(settings: Settings) -> None:
        await clear(settings)
        me = await asyncio.to_thread(get, next(each["url"] for each in told if each["event"] == "ready"), "/v1/me", token(centre, LEAD))
        told.append({"event": "cleared", "live": me.json()["space"]})
        os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C at `ric up`

    drill = Beside(Play(duty="uchebnov.duty", run=run), lambda live: beside(live, f"exercise-{space}"), cleared)
    code = await up(centre, beside=drill, tell=lambda text, facts: told.append({**facts}))
    assert code == 0
    assert {"event": "beside-failed", "why": "KZ refused", "space": f"exercise-{space}"} in told
    assert {"event": "cleared", "live": space} in told
    assert [each["event"] for each in told].count("stopped") == 1
    assert await records(centre, f"exercise-{space}") == {}
