"""Bodies in memory at once are bounded together, not only each by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from streams.gateway.problems import Refusal

PATIENCE_S = 5.0


class ByteBudget:
    """Bytes that all calls share."""

    def __init__(self, total: int) -> None:
        self._free, self._changed = total, asyncio.Condition()

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Have `size` bytes for the block. Raises Refusal 503 when others keep them too long."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                await self._changed.wait_for(lambda: self._free >= size)
                self._free -= size
        except TimeoutError:
            raise Refusal(503, "The centre is taking in as much as it can hold. Send it again shortly.", retry_after=2) from None
        try:
            yield
        finally:
            async with self._changed:
                self._free += size
                self._changed.notify_all()


@dataclass(slots=True)
class Allowance:
    """What one caller may still send: `burst` at once, `per_s` in the long run (a token bucket)."""

    burst: float
    per_s: float
    left: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self, count: int, now: float) -> bool:
        """Whether so many may be sent at `now` (seconds); they are then."""
        if self.at is not None:
            self.left = min(self.burst, self.left + (now - self.at) * self.per_s)
        self.at = now
        if self.left < count:
            return False
        self.left -= count
        return True
