"""Requests for assistance that the guard of a live delivery keeps in: their senders wait for an answer all the same (decisions 0808, 0810).

Nobody at the centre sees such a request but those of its officers who are named in the delivery's room, and may read what it says. To
them it is an item of its own: whose answer is late, and to call whoever is in control. Nobody else learns that there is one.
"""

from typing import Any

from streams.stages.rosters import Desk, name_of

Json = dict[str, Any]


def asked(desk: Desk, told: Json) -> None:
    """Once for each delivery that keeps it in; over where it does so no more. What was settled comes again with a new revision alone."""
    report, revision, now = told["report"], told["revision"], told.get("held", ())
    before = desk.noted(f"kept in {report}") or {"by": [], "revision": 0}
    for delivery in dict.fromkeys([*before["by"], *now]):
        name, waiting = _name(delivery, report), desk.noted(f"waiting {delivery}") or []
        if delivery not in now:
            desk.close(name)
            desk.note(f"waiting {delivery}", [each for each in waiting if each != report] or None)
        elif delivery not in before["by"] or revision != before["revision"]:
            about = {each: told.get(each) for each in ("report", "priority", "reply_by")}
            _stands(desk, name, about | {"held": delivery, "readers": told["members"]}, str(revision))
            desk.note(f"waiting {delivery}", [*(each for each in waiting if each != report), report])
    desk.note(f"kept in {report}", {"by": list(now), "revision": revision} if now else None)


def named(desk: Desk, delivery: str, members: list[str]) -> None:
    """Who of the centre is in the delivery's room now. It stays known after the end, for an embargo may go on keeping reports in."""
    desk.note(f"room {delivery}", members)
    for report in desk.noted(f"waiting {delivery}") or ():
        item = desk.item(_name(delivery, report))
        if item is not None:
            _stands(desk, item.id, item.about, item.news)


def _stands(desk: Desk, name: str, about: Json, news: str) -> None:
    """Whoever answers for the delivery answers for it too."""
    delivery, readers = about["held"], about["readers"]
    room: list[str] = desk.noted(f"room {delivery}") or []
    members = room if readers is None else [each for each in room if each in readers or each.partition("/")[0] in readers]
    desk.stands(name, "request", about, members, is_open=True, news=news, after=desk.item(name_of("delivery", delivery)))


def _name(delivery: str, report: str) -> str:
    return name_of("kept in", f"{delivery}#{report}")
