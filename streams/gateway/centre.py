"""What every route works with: the parts of one gateway process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, Request

from streams.gateway.budget import Allowance, ByteBudget
from streams.gateway.examiner import Examiner
from streams.gateway.ids import Ids
from streams.gateway.live import Tail
from streams.gateway.producer import Producer
from streams.gateway.tokens import Claims, Keys
from streams.settings import Settings
from streams.store.attachments import Attachments
from streams.store.queries import Store
from streams.store.visibility import Viewer

T = TypeVar("T")
MAX_BODIES_BYTES = 96 * 1024 * 1024


class Directory(Protocol):
    """What the gateway asks of `streams.reference`'s agencies."""

    def get(self, code: str) -> Any: ...

    def may_publish(self, sender: str, originator: str) -> bool: ...


@dataclass
class Readiness:
    """The last answer of `/readyz`, kept a moment."""

    at: float = float("-inf")
    parts: dict[str, bool] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class Centre:
    """One gateway process."""

    settings: Settings
    keys: Keys
    ids: Ids
    agencies: Directory
    producer: Producer
    tail: Tail
    store: Store
    bodies: ByteBudget = field(default_factory=lambda: ByteBudget(MAX_BODIES_BYTES))
    busy: set[tuple[str, str, str]] = field(default_factory=set)
    """Idempotency keys of calls that are being worked on."""
    watching: dict[tuple[str, str], int] = field(default_factory=dict)
    """Open feeds by agency and person: sign-in names are unique within an agency alone."""
    allowances: dict[str, Allowance] = field(default_factory=dict)
    """What each tracking device may still send now."""
    readiness: Readiness = field(default_factory=Readiness)
    press: asyncio.Lock = field(default_factory=asyncio.Lock)
    attachments: Attachments = field(init=False)
    examiner: Examiner = field(init=False)

    def __post_init__(self) -> None:
        url = self.settings.database_url
        self.attachments = Attachments(url.get_secret_value() if url is not None else None, self.settings.space)
        self.examiner = Examiner(self.attachments, self.settings.clamd)

    async def pressed(self, work: Callable[[], T]) -> T:
        """Paper work, in a thread and one at a time: it takes the processor from the screens that follow the deliveries."""
        async with self.press:
            return await asyncio.to_thread(work)

    def now(self) -> datetime:
        """The process's clock, UTC."""
        return datetime.now(UTC)

    @property
    def secure(self) -> bool:
        """Whether the gateway speaks TLS itself."""
        return self.settings.tls_cert is not None


def centre_of(request: Request) -> Centre:
    """The process's centre."""
    centre: Centre = request.app.state.centre
    return centre


async def _here(request: Request) -> Centre:
    # A coroutine, like every dependency of ours: FastAPI would hand a plain function to a thread, for half of what a whole call costs.
    return centre_of(request)


Here = Annotated[Centre, Depends(_here)]


def viewer(claims: Claims) -> Viewer:
    """The caller as visibility sees them."""
    return Viewer(claims.person, claims.agency, claims.country or None, claims.role, claims.supervises)
