"""Topics as declared: made once, mended when they drift, and never changed where that would move records."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.channels import CHANNELS
from streams import topics
from streams.settings import Settings
from tests.conftest import MakeSettings
from tests.system import PATIENT_S


async def _plan_with_a_change(settings: Settings) -> list[topics.Change]:
    """The broker answers for its controller, and learns a moment later what that was told."""
    async with asyncio.timeout(PATIENT_S):
        while not (changes := await topics.plan(settings)):
            await asyncio.sleep(0.02)
    return changes


async def test_applied_twice_the_second_changes_nothing(kafka: str, space: str, settings_for_tests: MakeSettings) -> None:
    settings = settings_for_tests(kafka=kafka, space=space, agencies=("TJ-DCA", "KZ-KNB"))
    steps: list[topics.Change] = []
    made = await topics.apply(settings, steps.append)
    assert steps == made
    assert {change.kind for change in made} == {"create"}
    names = {change.topic for change in made}
    assert {f"{space}.inbound.TJ-DCA", f"{space}.inbound.KZ-KNB"} <= names
    assert names >= {f"{space}.{channel.name}" for channel in CHANNELS if "{agency}" not in channel.name}
    assert await topics.plan(settings) == []
    assert await topics.apply(settings) == []


async def test_drift_is_named_and_mended_and_an_operators_own_setting_stays(
    kafka: str, space: str, settings_for_tests: MakeSettings
) -> None:
    settings = settings_for_tests(kafka=kafka, space=space)
    await topics.apply(settings)
    feed = f"{space}.feed"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        drifted = {"retention.ms": "1000", "flush.messages": "77"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, feed, drifted)])
        [change] = await _plan_with_a_change(settings)
        assert (change.kind, change.topic) == ("configure", feed)
        assert "retention.ms 1000 → 604800000" in change.detail
        await topics.apply(settings)
        assert await topics.plan(settings) == []
        [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, feed, {"flush.messages": ""})])
        assert answer.resources[0][4][0][1] == "77"
    finally:
        await admin.close()


async def test_another_partition_count_is_refused_before_anything_is_done(kafka: str, space: str, settings_for_tests: MakeSettings) -> None:
    settings = settings_for_tests(kafka=kafka, space=space, partitions=2)
    await topics.apply(settings)
    with pytest.raises(topics.TopicsRefused, match=r"has 2 partitions, the settings ask for 3.*RIC_PARTITIONS=2"):
        await topics.apply(settings.model_copy(update={"partitions": 3, "agencies": ("UZ-NPD",)}))
    assert await topics.plan(settings) == []


async def test_unknown_topics_of_the_space_are_named_and_left(kafka: str, space: str, settings_for_tests: MakeSettings) -> None:
    settings = settings_for_tests(kafka=kafka, space=space)
    await topics.apply(settings)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(f"{space}.stranger", 1, 1), NewTopic(f"{space}-other.stranger", 1, 1)])
    finally:
        await admin.close()
    await _plan_with_a_change(settings)
    found = await topics.apply(settings)
    assert [replace(change, detail="") for change in found] == [topics.Change("unknown", f"{space}.stranger", "")]
