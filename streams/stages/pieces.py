"""State of a stage under names, whatever its size: long values lie in pieces below the 64 KiB of a state's value."""

from typing import Any

import orjson

from streams.engine.effects import Remember, State

PIECE = 57_344


class Pieces:
    """The state with the changes of one decision."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._changed: dict[bytes, bytes | None] = {}

    def get(self, name: str) -> Any:
        """The value as JSON, or None."""
        whole = self._whole(name)
        return None if whole is None else orjson.loads(whole)

    def put(self, name: str, value: Any) -> None:
        """Set the value, which is written as JSON; None forgets it."""
        text = b"" if value is None else orjson.dumps(value, default=list)
        for start in range(0, max(len(self._whole(name) or b""), len(text)), PIECE):
            self._changed[f"{name}#{start // PIECE}".encode()] = text[start : start + PIECE] or None

    @property
    def effects(self) -> list[Remember]:
        """What differs from what was."""
        return [Remember(key, value) for key, value in self._changed.items() if self._state.get(key) != value]

    def _get(self, key: bytes) -> bytes | None:
        return self._changed[key] if key in self._changed else self._state.get(key)

    def _whole(self, name: str) -> bytes | None:
        piece = self._get(f"{name}#0".encode())
        if piece is None:
            return None
        pieces = [piece]
        while len(pieces[-1]) == PIECE and (piece := self._get(f"{name}#{len(pieces)}".encode())) is not None:
            pieces.append(piece)
        return b"".join(pieces)
