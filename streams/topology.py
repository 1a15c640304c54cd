"""The flow, from top to bottom: which stage reads what, in which app. The only file that binds stages to channels.

seizures · controlled-deliveries · intelligence · assistance-requests · laboratory-results · inbound.{agency} · reports.bulk · decisions
  → intake       decode, check the sender, validate, enrich              → reports.enriched   (else reports.rejected, receipts)
  → reports      deduplicate, revise, withdraw, hold, free, route        → reports.current, receipts, feed, sightings, bridges.candidates;
                                                                           timers, which the clock brings back into the inbox when due
  → links        the same seizure from two agencies                      → incidents, feed

deliveries.inbox (acts of officers, and what is due)
  → deliveries   who is in control of each part, who must be told        → deliveries.answers, .current, .events, .rings, .plans;
                                                                           positions.inbox; timers

positions.inbox (every fix of a tracking device, and which devices there are)
  → positions    the newest for the map; what matters for the timeline   → deliveries.positions, deliveries.inbox; timers

deliveries.plans (where each means to be, and when)
  → deconfliction  which two come near; an answer that does not say      → deliveries.conflicts, deliveries.inbox; timers

deliveries.watch (what live deliveries have under watch: intake looks it up, and marks the report that meets it)
  → meetings     two deliveries that watch one number                    → deliveries.inbox

deliveries.matches (reports that met it, from the reports app)
  → matches      to the delivery that watches                            → deliveries.inbox

duty.inbox (what is open, acts of the centre's officers, and what is due)
  → duty         who answers for each item; when supervisors are rung    → duty.answers, .current, deliveries.inbox; timers

directory.inbox (edits of officers)
  → directory    what stands of each authority and post                  → directory.answers, .current
"""

import json
from functools import cache

from streams.engine.effects import App
from streams.reference.load import Reference, load
from streams.stages import deconfliction, deduplicate, directory, duty, intake, link, nearness
from streams.stages.deliveries import stage as deliveries
from streams.stages.deliveries.territory import located
from streams.stages.guard import matches, meetings
from streams.stages.positions import stage as positions


@cache
def _reference() -> Reference:
    # Loaded with the first record, once a process: naming the apps (a CLI, a test) costs nothing.
    reference = load()
    reference.warm()
    return reference


APPS: tuple[App, ...] = (
    App("intake", (intake.stage(_reference),), writes=("reports.enriched", "reports.rejected", "receipts")),
    App(
        "reports",
        (deduplicate.stage(),),
        writes=(
            *("reports.current", "receipts", "feed", "sightings", "bridges.candidates", "deliveries.matches"),
            *("duty.inbox", "timers", "reports.rejected"),
        ),
    ),
    App("links", (link.stage(),), writes=("incidents", "feed", "reports.rejected"), patience_ms=100),
    App(
        "deliveries",
        (deliveries.stage(located(_reference)),),
        writes=(
            *("deliveries.answers", "deliveries.current", "deliveries.events", "deliveries.rings", "deliveries.plans"),
            *("deliveries.watch", "reports.enriched", "positions.inbox", "duty.inbox", "timers", "reports.rejected"),
        ),
    ),
    App(
        "positions",
        (positions.stage(located(_reference)),),
        writes=("deliveries.positions", "deliveries.inbox", "timers", "reports.rejected"),
    ),
    App(
        "deconfliction",
        (deconfliction.stage(nearness.located(_reference)),),
        writes=("deliveries.inbox", "deliveries.conflicts", "timers", "reports.rejected"),
    ),
    App("guard", (matches(), meetings()), writes=("deliveries.inbox", "reports.rejected")),
    App("duty", (duty.stage(),), writes=("duty.answers", "duty.current", "deliveries.inbox", "timers", "reports.rejected")),
    # An app of its own: it has state, and the stateful stages of one app would share a changelog.
    App("directory", (directory.stage(),), writes=("directory.answers", "directory.current", "reports.rejected")),
)


def published() -> str:
    """`streams/operations/flow.json`: the flow as data, for those who may not import the stages."""
    flow = [
        {
            "app": app.name,
            "stages": [{"name": stage.name, "reads": stage.inbox, "bulk": stage.bulk, "stateful": stage.stateful} for stage in app.stages],
            "writes": app.writes,
        }
        for app in APPS
    ]
    return json.dumps(flow, indent=1) + "\n"


if __name__ == "__main__":
    print(published(), end="")
