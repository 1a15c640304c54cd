"""What the exercise does and looks for beside the delivery's own page: reports that the guard keeps in, the shift, other deliveries near.

Each raises CannotGoOn, saying what did not come, or who was shown what should be hidden.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

import httpx

from streams.simulate.exercise_line import CannotGoOn, Json, Line, OffScript, in_words
from streams.simulate.exercise_story import CallUs, Desk, Near, Report, Unnoticed, act_id, agency

ASKED = frozenset({"id", "href", "status", "contact", "at"})
"""All that a receipt says which asks an agency to call."""
LOOKS = 5
OF_ITS_MOMENT = frozenset({"seq", "number", "act", "captured", "happened", "received", "late_s", "previous", "hash"})
"""What differs between any two acts."""


async def file(line: Line, delivery: str, report: Report) -> None:
    """Publish the report. Its agency gets an ordinary receipt and finds it; the others do not, for the guard keeps it in."""
    before = await _asked(line, report.who)
    body = report.sent(delivery, datetime.now(UTC))
    name = body["report_id"]
    answer = await line.answered(report.who, f"report {name}", body, "/v1/reports")
    if answer.status_code != 202:
        raise CannotGoOn(f"{report.who}'s report {name} was refused with {answer.status_code}: {in_words(answer.json())}")
    (receipt,) = answer.json()["receipts"]

    async def undecided() -> str | None:
        receipt.update(await line.read(report.who, receipt["href"]) if receipt["status"] == "pending" else {})
        return f"{report.who} has no answer to the report {name}" if receipt["status"] == "pending" else None

    await line.until(undecided)
    # Sent a second time, where no answer came to the first: a duplicate of itself.
    if receipt["status"] not in ("accepted", "duplicate") or receipt["problems"] or "contact" in receipt:
        raise CannotGoOn(f"{report.who} should have got an ordinary receipt for {name}: {receipt}")
    await line.until(partial(_lacks, line, report.who, report, name))
    own = await line.read(report.who, f"/v1/reports/{receipt['report']}")
    if own["hold"] is not None:
        raise CannotGoOn(f"{report.who} reads of {name} that it is held: {own['hold']}")
    for reader in report.readers:
        if await _lacks(line, reader, report, name) is None:
            raise CannotGoOn(f"{reader} reads {name}, which the guard should keep in")
    if (asked := await _asked(line, report.who)) != before:
        raise CannotGoOn(f"{agency(report.who)} is asked to call, and nothing is let out yet: {asked}")


async def called(line: Line, delivery: str, call: CallUs, began: datetime) -> None:
    """The report is let out: its agency is asked to call, in no more words and once since `began`; and others read it."""
    report = call.report
    name = report.sent(delivery, began)["report_id"]
    found: list[Json] = []

    async def lacking() -> str | None:
        # In a space that is kept there are those of earlier exercises.
        found[:] = [one for one in await _asked(line, report.who) if datetime.fromisoformat(one["at"]) >= began]
        return None if found else f"{agency(report.who)} is not asked to call"

    await line.until(lacking)
    said = {field for receipt in found for field, value in receipt.items() if value not in (None, [])}
    if len(found) != 1 or said != ASKED:
        raise CannotGoOn(f"{agency(report.who)} should be asked to call once, and told nothing else: {found}")
    for reader in report.readers:
        await line.until(partial(_lacks, line, reader, report, name))


async def _lacks(line: Line, reader: str, report: Report, name: str) -> str | None:
    found = await line.read(reader, "/v1/search", {"identifier": report.number})
    return None if name in [item["report_id"] for item in found["items"]] else f"{reader} does not find the report {name}"


async def _asked(line: Line, who: str) -> list[Json]:
    items: list[Json] = (await line.read(who, "/v1/receipts", {"status": "call_us"}))["items"]
    return items


async def near(line: Line, delivery: str, told: Near) -> Json | None:
    """The two deliveries are on the supervisor's list, or no longer: the entry. Nobody else has it."""

    async def entry(who: str) -> Json | None:
        items: list[Json] = (await line.read(who, "/v1/deconfliction"))["items"]
        return next((item for item in items if {side["delivery"] for side in item["sides"]} == {delivery, told.other}), None)

    async def lacking() -> str | None:
        if (await entry(told.who) is not None) is told.stands:
            return None
        return f"the supervisor is {'not ' if told.stands else 'still '}told that {told.other} comes near {delivery}"

    await line.until(lacking)
    for who in told.unaware:
        if await entry(who) is not None:
            raise CannotGoOn(f"{who} is told that {told.other} comes near {delivery}: that is for the supervisor alone")
    return await entry(told.who)


async def unnoticed(line: Line, delivery: str, told: Unnoticed, answers: Mapping[str, Json]) -> str:
    """Everything that the officer's phone and the others' pages are given: of the two check-ins nothing tells which was forced.

    `answers`: what was answered to the script's own acts; acts of a person's, who may have said other things, are not compared, and that is
    what is returned.
    """
    steps = (told.well, told.forced)
    compared = all(step in answers for step in steps)
    if compared and answers[told.well] != answers[told.forced]:
        raise CannotGoOn(f"{told.who} is answered otherwise under duress: {[answers[step] for step in steps]}")
    for who in (told.who, *told.others):
        listed = await line.read(who, "/v1/deliveries", {"open": True, "limit": 100})
        events: list[Json] = (await line.read(who, f"/v1/deliveries/{delivery}/events", {"limit": 1000}))["items"]
        if "duress" in str(listed) or "duress" in str(events):
            raise CannotGoOn(f"{who} can read of duress, which is for the centre alone")
        ids = [str(act_id(delivery, step)) for step in steps]
        shown = [[_plain(event) for event in events if event["act"] == each] for each in ids]
        if compared and not (shown[0] and shown[0] == shown[1]):
            raise CannotGoOn(f"{who} is shown two check-ins that are not alike, one of them forced: {shown}")
    return "" if compared else "a person's own check-ins are not compared; the word duress is nowhere to be read"


def _plain(event: Json) -> Json:
    return {name: value for name, value in event.items() if name not in OF_ITS_MOMENT}


async def at_the_desk(line: Line, delivery: str, desk: Desk) -> None:
    """One act at the shift's page."""
    answer = await (_accepted(line, delivery, desk) if desk.act == "accept" else _said(line, delivery, desk, {}))
    why = "" if answer.status_code == 200 else in_words(answer.json())
    if desk.refused:
        if answer.status_code != 409 or desk.refused not in why:
            raise OffScript(f"{desk.who}'s {desk.act} should have been refused ({desk.refused}): {answer.status_code} {why}")
    elif answer.status_code != 200:
        mine = [item for item in await _open(line, desk.who, delivery) if item["responsible"] == desk.who]
        # What an exercise that was broken off has left in a space that is kept is nothing of this one.
        if desk.act != "off" or mine:
            raise OffScript(f"{desk.who}'s {desk.act} was refused with {answer.status_code}: {why}")
    if desk.blind and (seen := await _open(line, desk.who, delivery)):
        raise CannotGoOn(f"{desk.who} is not named in the room and sees of it: {seen}")


async def _accepted(line: Line, delivery: str, desk: Desk) -> httpx.Response:
    """The answer to the acceptance of the item as it is seen; where it has changed since, of the item as it is now."""
    found: list[Json] = []

    async def lacking() -> str | None:
        open_now = [item for item in await _open(line, desk.who, delivery) if item["kind"] == desk.item]
        news = [item for item in open_now if not found or item["version"] != found[0]["version"]]
        found[:] = news or found
        return None if news else f"no {desk.item} of {delivery} to accept on the shift's page of {desk.who}"

    for _ in range(LOOKS):
        await line.until(lacking)
        answer = await _said(line, delivery, desk, {"item": found[0]["item"], "seen": found[0]["version"]})
        if answer.status_code != 409 or "changed" not in in_words(answer.json()):
            break
    return answer


async def _said(line: Line, delivery: str, desk: Desk, more: Json) -> httpx.Response:
    # Whatever is said has an id of its own: an officer accepts several items, and goes off twice.
    about = f"{desk.who} {desk.act} {desk.item} {more.get('seen')} {desk.refused}"
    return await line.answered(desk.who, desk.act, {"id": str(act_id(delivery, about)), "act": desk.act, **more}, "/v1/shift/acts")


async def _open(line: Line, who: str, delivery: str) -> list[Json]:
    """What is open of the delivery on that officer's page of the shift."""
    items: list[Json] = (await line.read(who, "/v1/shift"))["items"]
    return [item for item in items if item["about"].get("delivery") == delivery]
