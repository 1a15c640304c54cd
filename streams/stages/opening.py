"""What the reports app decides by, written into an enriched record ahead of report and enrichment.

Deciding then reads some hundred bytes of a record of several thousand; the rest is copied as it is.
"""

from typing import Any

import orjson

from streams.stages.fingerprint import fingerprint

Item = dict[str, Any]
"""An enriched record, decoded as far as `about`, without enrichment and report."""

_ENRICHMENT = b',"enrichment":{'
"""Cannot stand inside a string, where the quotation marks would be escaped, nor be another member's: `intake.py` writes this one first."""


def about(report: dict[str, Any], enrichment: dict[str, Any]) -> dict[str, Any]:
    """The parts of a report and of what was found about it by which its life is decided."""
    return {
        "kind": report["kind"],
        "withdraws": report.get("withdraws"),
        "report_id": report["report_id"],
        "revision": report.get("revision", 1),
        "handling": report["handling"],
        "countries": enrichment.get("countries", []),
        "findings": enrichment.get("findings", []),
        "fingerprint": fingerprint({"report": report, "enrichment": enrichment}, 0),
    }


def opened(value: bytes) -> Item:
    """A record of `reports.enriched`. One without `about`, from before there was one, is read whole."""
    end = value.find(_ENRICHMENT)
    item: Item = orjson.loads(value if end < 0 else value[:end] + b"}")
    if item["type"] == "report" and "about" not in item:
        whole = orjson.loads(value)
        item["about"] = about(whole["report"], whole["enrichment"])
    return item
