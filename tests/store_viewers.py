"""Who asks the store, and all that he can ask for."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from streams.store.queries import Store
from streams.store.search import Search
from streams.store.visibility import Viewer

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWN = Viewer("n.rahimov", "TJ-DCA", "TJ", "officer")
ABROAD = Viewer("b.osmonov", "KG-DCS", "KG", "officer")
FAR = Viewer("l.souza", "BR-PF", "BR", "officer")
"""Of a state outside the community."""
DESK = Viewer("d.coord", "CARICC", None, "coordinator")
CHIEF = Viewer("s.chief", "CARICC", None, "supervisor")
STEWARD = Viewer("s.steward", "CARICC", None, "steward")


async def answers(store: Store, viewer: Viewer, ids: Iterable[UUID]) -> bytes:
    """Everything that a viewer can ask for, as bytes."""
    by_text = [{"q": text} for text in ("тайник", "тайнек", "MSKU1234565")]
    searches: list[dict[str, Any]] = [{}, *by_text, {"substance": "heroin"}, {"country": "TJ"}, {"agency": "TJ-DCA"}, {"limit": 3}]
    pages = [await store.search(viewer, Search(**asked), now=NOW) for asked in searches]
    return orjson.dumps(
        [
            [(page.items, page.next, page.total) for page in pages],
            await store.counters(viewer, NOW),
            await store.points(viewer, (60, 30, 80, 50), None, None, 100, now=NOW),
            (await store.incidents(viewer, None, 50, now=NOW)).items,
            (await store.receipts(viewer.agency, None, None, 50)).items,
            [await store.report(viewer, one, now=NOW) for one in ids],
            [await store.held_key(viewer, one) for one in ids] if viewer.role == "officer" else None,
        ]
    )
