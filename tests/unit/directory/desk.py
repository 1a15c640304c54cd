"""The stage `directory` without servers: edits go in as the gateway writes them, everything written is held against its schema."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from schemas.directory_records import DirectoryAnswer, DirectoryChange, DirectoryStanding
from streams.engine.effects import Emit, Record
from streams.stages.directory import decide
from tests.unit.stages.building import Memory

Json = dict[str, Any]
SPOKEN = {"standing": DirectoryStanding, "change": DirectoryChange}
OLD, NEW = "+992 37 221 00 01", "+992 37 221 00 99"
FIRST, SECOND = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov"


def entry(number: str = OLD, *, version: int = 1, by: str = FIRST, at: str = "", named: Iterable[Json] = (), **changes: Any) -> Json:
    """A real entry of TJ-DCA, whose one desk has that number."""
    agency = by.split("/")[0]
    desk = {
        "code": "duty",
        "desk": "Дежурная часть",
        "time_zone": "Asia/Dushanbe",
        "reach": [{"kind": "telephone", "address": number}],
        "named": list(named),
    }
    return {
        "kind": "authority",
        "version": version,
        "authority": agency,
        "country": agency[:2],
        "name": {"ru": "Агентство по контролю за наркотиками", "en": "Drug Control Agency"},
        "contacts": [desk],
        "languages": ["ru", "tg"],
        "law": {"controlled_delivery": True, "passages": ["out", "through"], "substitution": ["none", "full"]},
        "notice": {"hours": 24, "counted": "clock", "desk": "duty"},
        "reply_desk": "duty",
        "valid_from": "2026-01-01T00:00:00+05:00",
        "valid_until": "2028-01-01T00:00:00+05:00",
        "verified": at,
        "verified_by": by,
        **changes,
    }


class Desk:
    """One partition of the inbox in one space; `standing` and `changes` are what `directory.current` says, by key and in order."""

    def __init__(self, space: str = "live") -> None:
        self.space = space
        self.now = datetime(2026, 3, 18, 6, tzinfo=UTC)
        self.offset = 0
        self.state = Memory()
        self.answers: list[Json] = []
        self.standing: dict[str, Json] = {}
        self.changes: list[Json] = []
        self.letters: list[Json] = []

    def edit(self, who: str, act: str, base: int = 0, role: str = "officer", key: str | None = None, **said: Any) -> Json:
        """Send one edit; the answer."""
        agency = who.split("/")[0]
        edit = {"act": act, "authority": agency, "base_version": base, "by": who, "at": self.now.isoformat(), **said}
        return self.send(who, edit, role, key)

    def send(self, who: str, edit: Json, role: str = "officer", key: str | None = None) -> Json:
        agency, person = who.split("/")
        by = {"agency": agency, "person": person, "role": role, "country": agency[:2]}
        before = len(self.answers)
        self.take({"type": "edit", "by": by, "edit": edit}, key or edit.get("authority", agency))
        assert len(self.answers) == before + 1
        return self.answers[-1]

    def publish(self, who: str = FIRST, number: str = OLD, version: int = 1, **changes: Any) -> Json:
        made = entry(number, version=version, by=who, at=self.now.isoformat(), **changes)
        return self.edit(who, "publish", version - 1, entry=made)

    def confirm(self, who: str = SECOND, number: str = OLD, base: int = 0) -> Json:
        call = {"contact": "duty", "number": number, "at": self.now.isoformat(), "spoke_with": "дежурный Назаров"}
        return self.edit(who, "confirm", base, call_backs=[call])

    def pass_minutes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)

    def take(self, value: Json, key: str) -> None:
        self.offset += 1
        at = int(self.now.timestamp() * 1000)
        topic = f"{self.space}.directory.inbox"
        record = Record("directory.inbox", topic, 0, self.offset, key.encode(), orjson.dumps(value), (), at)
        effects = decide(record, self.state)
        self.state.apply(effects)
        self.perform(effect for effect in effects if isinstance(effect, Emit))

    def perform(self, emits: Iterable[Emit]) -> None:
        for emit in emits:
            assert emit.value is not None
            said = orjson.loads(emit.value)
            if emit.channel == "directory.answers":
                DirectoryAnswer.model_validate(said)
                self.answers.append(said)
            elif emit.channel == "reports.rejected":
                self.letters.append(said)
            else:
                assert emit.channel == "directory.current"
                SPOKEN[said["type"]].model_validate(said)
                if said["type"] == "standing":
                    assert emit.key.decode() == said["key"]
                    self.standing[said["key"]] = said
                else:
                    assert emit.key.decode() == f"{said['number']}#{said['key']}"
                    self.changes.append(said)
