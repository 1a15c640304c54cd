"""Whose term of keeping is reached, and what a person decides about it: to keep it for another while, or to remove it.

Only what is closed has a term, and a delivery that was never signed: while it runs it has none. Nothing is removed while it is held or a
draft: its lead gives that up first, for who goes on with it would have a delivery that nobody finds.
"""

# ruff: noqa: S608 - names are this package's own; every value travels apart

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import orjson

from streams.store.migrations import kept
from streams.store.rebuild import RebuildRuns
from streams.store.removal import remove_delivery, remove_report
from streams.store.terms import Term, due, due_unsigned
from streams.store.writing import Connection

Act = Literal["keep", "remove"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A report or delivery and its term. `name`: `originator/report_id` or `lead/number`; `handling` as its owner gave it, in one line."""

    kind: Literal["report", "delivery"]
    name: str
    subject: UUID
    handling: str
    term: Term
    held: bool = False
    draft: bool = False

    @property
    def item(self) -> str:
        """What a person names it by: `report/TJ-DCA/2026-1`."""
        return f"{self.kind}/{self.name}"

    def why_not(self, act: Act) -> str | None:
        """Why this cannot be decided of it; None where it can."""
        if act == "keep" and self.term.act == "remove":
            return "its owner lets it be kept until then: only a later term of the owner's own keeps it"
        if act == "remove" and self.held:
            return "it is held: it has to be released first"
        if act == "remove" and self.draft:
            return "it is a draft: its lead gives it up and closes it first"
        return None


async def reached(connection: Connection, space: str, by: datetime, years: int) -> list[Entry]:
    """All whose term is reached by this time, the earliest first."""
    parameters = {"by": by, "years": years}
    # What a rule of years cannot reach by then is left to the database; the rule itself is applied once, by `due`.
    kept_on = f"(SELECT max(m.at) FROM \"{kept(space)}\".retention_decisions m WHERE m.act = 'keep' AND m.subject = {{}})"
    reports = await connection.execute(
        "SELECT r.report_uuid, r.originator || '/' || r.report_id, r.held OR coalesce(r.embargo_until > now(), FALSE), b.began,"
        f" (v.report->'handling')::text, {kept_on.format('r.report_uuid')}"
        f' FROM "{space}".reports r JOIN "{space}".revisions v USING (report_uuid, revision)'
        f' JOIN (SELECT report_uuid, min(received) AS began FROM "{space}".revisions GROUP BY report_uuid) b USING (report_uuid)'
        " WHERE (v.report->'handling'->>'retain_until')::timestamptz <= %(by)s"
        " OR (v.report->'handling'->>'retain_until' IS NULL"
        " AND b.began <= %(by)s - make_interval(years => %(years)s) + interval '2 days')",
        parameters,
    )
    found = []
    for subject, name, held, began, handling, kept_at in await reports.fetchall():
        said = orjson.loads(handling)
        found.append(Entry("report", name, subject, _handling(said), due(began, _instant(said.get("retain_until")), kept_at, years), held))
    deliveries = await connection.execute(
        "SELECT d.delivery_uuid, d.delivery, (f.body->'form'->'handling')::text,"
        " coalesce(d.body->'outcome'->>'retain_until', f.body->'form'->'handling'->>'retain_until'),"
        f' (SELECT max(e.received) FROM "{space}".delivery_events e WHERE e.delivery_uuid = d.delivery_uuid'
        f" AND (d.open OR e.body->>'kind' = 'closed')), {kept_on.format('d.delivery_uuid')}, d.open,"
        f" d.body->>'signed_by' IS NULL"
        f' FROM "{space}".deliveries d LEFT JOIN "{space}".delivery_forms f USING (delivery_uuid)'
        f" WHERE NOT d.open OR d.body->>'status' = 'draft'"
    )
    for subject, name, handling, own, began, kept_at, draft, unsigned in await deliveries.fetchall():
        if began is not None:
            said = orjson.loads(handling or "{}")
            own_term = _instant(own)
            term = due_unsigned(began, own_term, kept_at) if unsigned else due(began, own_term, kept_at, years)
            found.append(Entry("delivery", name, subject, _handling(said), term, draft=draft))
    return sorted((entry for entry in found if entry.term.due <= by), key=lambda entry: (entry.term.due, entry.item))


async def decide(connection: Connection, space: str, entries: Iterable[Entry], act: Act, *, person: str, because: str) -> None:
    """Note the decision about each, and carry it out, all or none. Raises RebuildRuns while the tables are being made again."""
    async with connection.transaction():
        # New tables are filled by what was decided before: until they take their place, nothing is.
        taken = await connection.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"ric rebuild {space}",))
        if await taken.fetchone() != (True,):
            raise RebuildRuns(f"a rebuild of {space} is at work: wait for it")
        # A projector's batch comes before this or after it, and then knows of it.
        await connection.execute(f'LOCK TABLE "{space}".projector_offsets IN SHARE ROW EXCLUSIVE MODE')
        for entry in entries:
            await connection.execute(
                f'INSERT INTO "{kept(space)}".retention_decisions (kind, name, subject, act, at, person, because, due, due_act)'
                " VALUES (%s, %s, %s, %s, clock_timestamp(), %s, %s, %s, %s)",
                (entry.kind, entry.name, entry.subject, act, person, because, entry.term.due, entry.term.act),
            )
            if act == "remove":
                await (remove_report if entry.kind == "report" else remove_delivery)(connection, space, entry.name)


def _handling(said: dict[str, object]) -> str:
    parts = [f"TLP:{said['tlp']}" if said.get("tlp") else "", *_texts(said.get("europol")), str(said.get("europol_text") or "")]
    return " ".join(part for part in parts if part)


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
