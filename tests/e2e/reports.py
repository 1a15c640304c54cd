"""Reports for the browser's tests: small, and each with a title of its own."""

from datetime import UTC, datetime
from typing import Any

KHOROG = {"country": "TJ", "name": "Хорог", "coordinates": {"lat": 37.49, "lon": 71.55, "accuracy_m": 1500}}


def seizure(number: int, title: str, *, originator: str = "TJ-DCA", tlp: str = "AMBER", revision: int = 1, **fields: Any) -> dict[str, Any]:
    """A seizure of heroin by Khorog, now."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "kind": "seizure",
        "report_id": f"E2E-{number}",
        "revision": revision,
        "handling": {"originator": originator, "tlp": tlp, "evaluation": {"scheme": "4x4", "source": "A", "information": "1"}},
        "issued": now,
        "title": title,
        "occurred": now,
        "place": KHOROG,
        "substances": [{"name": "героин", "quantity": {"amount": "3.5", "unit": "кг"}}],
    } | fields


def withdrawal(of: dict[str, Any]) -> dict[str, Any]:
    """The revision that takes the report back."""
    return {
        "kind": "withdrawal",
        "withdraws": of["kind"],
        "report_id": of["report_id"],
        "revision": of["revision"] + 1,
        "handling": of["handling"],
        "issued": of["issued"],
        "reason": "entered twice",
    }
