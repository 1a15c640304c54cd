"""Pages of a list: keyset cursors that need no server state and stay right while rows arrive."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson


class BadCursor(ValueError):
    """The cursor is not one of ours."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some items in order, the cursor of what follows (None: nothing), and how many there are (None where it is not counted).

    `next` holds the last item's own id in plain: the gateway seals it for its reader like every other id.
    """

    items: list[dict[str, Any]]
    next: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the sorting time and id of its last item, and the phase of a search."""

    at: datetime
    id: UUID
    phase: int = 0


def write_cursor(place: Place) -> str:
    """The place as text."""
    return base64.urlsafe_b64encode(orjson.dumps([place.phase, place.at, place.id])).decode().rstrip("=")


def read_cursor(text: str | None) -> Place | None:
    """The place of a cursor that `write_cursor` gave. Raises BadCursor for any other text."""
    if text is None:
        return None
    try:
        phase, at, key = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        place = Place(datetime.fromisoformat(at), UUID(key), phase)
        if phase not in (0, 1, 2) or place.at.tzinfo is None:
            raise ValueError(text)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise BadCursor("cursor: not one that a page of this list gave; begin without it") from error
    return place


def cut(rows: list[dict[str, Any]], limit: int, place: Any) -> tuple[list[dict[str, Any]], str | None]:
    """The first `limit` rows, and the cursor after them where more were read; `place` tells a row's Place."""
    return rows[:limit], write_cursor(place(rows[limit - 1])) if len(rows) > limit else None
