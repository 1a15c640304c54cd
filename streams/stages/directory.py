"""The directory of competent authorities: one edit of one entry (decisions 0802, 0807). Its rules are `streams.planning.editing`'s.

State by key of the entry: what stands, and apart from it a proposal, each below the 64 KiB of a state's value.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from schemas.acts import Officer
from schemas.channels import is_exercise
from schemas.directory import Confirm, DirectoryEdit, DirectoryEntry, Publish, Standing, entry_key
from schemas.directory_records import MAX_EDIT_BYTES
from schemas.identity import answer_uuid
from schemas.problems import Problem, problems
from streams.engine.effects import Effect, Emit, Record, Remember, Stage, State
from streams.planning.editing import apply
from streams.stages.naming import utc
from streams.stages.refusal import Sender, refuse

INBOX, CURRENT, ANSWERS = "directory.inbox", "directory.current", "directory.answers"
CLOCKS_APART = timedelta(minutes=10)
"""So far may the officer's clock be from the broker's: call backs are held against it, and a verification begins with it."""

Json = dict[str, Any]
EDIT: TypeAdapter[DirectoryEdit] = TypeAdapter(DirectoryEdit)
ENTRY: TypeAdapter[DirectoryEntry] = TypeAdapter(DirectoryEntry)


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands under a key. Times are the broker's, RFC 3339; `digest` is of the newest record that was applied."""

    standing: Standing
    number: int = 0
    digest: str = ""
    changed: str | None = None
    reach_changed: str | None = None
    proposed: str | None = None


def stage() -> Stage:
    """The stage: one inbox, state by key of the entry."""
    return Stage("directory", (INBOX,), decide, poisoned, stateful=True)


def decide(record: Record, state: State) -> list[Effect]:
    """What one edit changes, and what its officer is told."""
    key, item = (record.key or b"").decode(), orjson.loads(record.value or b"")
    kept = _recall(key, state)
    if item["type"] == "fiction":
        return _fiction(record, key, kept, ENTRY.validate_python(item["entry"]))
    officer = Officer.model_validate(item["by"])
    digest = sha256(orjson.dumps(item, option=orjson.OPT_SORT_KEYS)).hexdigest()
    if digest == kept.digest:
        return [_answer(record, key, officer, {"status": "repeated"}, kept)]
    found = _applied(record, key, officer, item["edit"], kept)
    if isinstance(found, Problem):
        return [_answer(record, key, officer, {"status": "refused", **found.model_dump()}, kept)]
    edit, standing = found
    after, change = _after(record, edit, standing, kept)
    after = replace(after, digest=digest)
    return [*_tell(record, key, after, change), *_remember(key, after), _answer(record, key, officer, {"status": "applied"}, after)]


def poisoned(record: Record, reason: str) -> list[Effect]:
    """A dead letter for the steward, and an answer where it can be told to whom: the edit was not applied."""
    what = Problem(field="(whole edit)", reason=reason[:400] or "unreadable")
    letters: list[Effect] = [*refuse(record, "directory", Sender(None), [what])]
    try:
        key, officer = (record.key or b"").decode(), Officer.model_validate(orjson.loads(record.value or b"")["by"])
    except (ValueError, TypeError, KeyError):
        return letters
    told = {"status": "refused", "reason": "the centre could not process this edit: nothing changed", "mend": "tell the centre's steward"}
    return [*letters, _answer(record, key, officer, told, Kept(Standing()))]


def _fiction(record: Record, key: str, kept: Kept, entry: DirectoryEntry) -> list[Effect]:
    """The entry, verified now, where nothing stands; a dead letter where the space or the entry is real."""
    if not (is_exercise(record.topic) and entry.exercise):
        what = Problem(field="entry.exercise", reason="the fictional directory is for exercise spaces alone")
        return [*refuse(record, "directory", Sender(None), [what])]
    if kept.number or key != entry_key(entry.authority, getattr(entry, "crossing", None)):
        return []
    at = datetime.fromtimestamp(record.at / 1000, UTC)
    # Moved in time as a whole: how long it is valid stays as it was made.
    later = at - entry.verified
    moved = {"verified": at, "valid_from": entry.valid_from + later, "valid_until": entry.valid_until + later}
    after = Kept(Standing(entry=entry.model_copy(update=moved)), 1, "", utc(record.at), utc(record.at))
    change = {"act": "fiction", "by": None, "entry": _dump(after.standing.entry)}
    return [*_tell(record, key, after, change), *_remember(key, after)]


def _applied(record: Record, key: str, officer: Officer, raw: Any, kept: Kept) -> tuple[DirectoryEdit, Standing] | Problem:
    """The edit and what stands after it, or why it is refused."""
    if len(record.value or b"") > MAX_EDIT_BYTES:
        reason = f"the edit has {len(record.value or b'')} bytes"
        return Problem(field="(whole edit)", reason=reason, mend=f"at most {MAX_EDIT_BYTES}: shorten its texts")
    try:
        edit = EDIT.validate_python(raw)
    except ValidationError as error:
        return problems(error)[0]
    if problem := _unfit(record, key, officer, edit):
        return problem
    standing = apply(edit, kept.standing)
    return standing if isinstance(standing, Problem) else (edit, standing)


def _unfit(record: Record, key: str, officer: Officer, edit: DirectoryEdit) -> Problem | None:
    """What `apply` cannot know: who signed, when it came, and into which space."""
    signed = f"{officer.agency}/{officer.person}"
    if edit.by != signed or officer.role != "officer":
        return Problem(field="by", reason=f"it was signed by {signed}, {officer.role}", mend="an officer edits under their own name")
    if entry_key(edit.authority, edit.crossing) != key:
        return Problem(field="authority", reason=f"it was sent as the entry {key}", mend="send it under its own key")
    now = datetime.fromtimestamp(record.at / 1000, UTC)
    if abs(edit.at - now) > CLOCKS_APART:
        return Problem(
            field="at", reason=f"it came at {utc(record.at)} by the centre's clock", mend="set your clock, and at to the present"
        )
    if isinstance(edit, Publish):
        if officer.agency == edit.authority and edit.entry.country != officer.country:
            mend = "an authority speaks of its own state alone"
            return Problem(field="entry.country", reason=f"{edit.authority} is of {officer.country}", mend=mend)
        if edit.entry.exercise != is_exercise(record.topic):
            here = "an exercise" if is_exercise(record.topic) else "real"
            return Problem(field="entry.exercise", reason=f"this space is {here}", mend="publish it in the other space, or mend the entry")
    return None


def _after(record: Record, edit: DirectoryEdit, standing: Standing, kept: Kept) -> tuple[Kept, Json]:
    """What is kept after the edit, and the change as it is told."""
    now = utc(record.at)
    after = replace(kept, standing=standing, number=kept.number + 1, proposed=None)
    change: Json = {"act": edit.act, "by": edit.by, "reason": getattr(edit, "reason", None)}
    if standing.proposal is not None:
        assert isinstance(edit, Publish)
        return replace(after, proposed=now), change | {"act": "propose", "proposed": _dump(edit.entry)}
    if standing.entry != kept.standing.entry:
        after, change = replace(after, changed=now), change | {"entry": _dump(standing.entry)}
    if isinstance(edit, Confirm):
        after = replace(after, reach_changed=now)
        change["call_backs"] = [call.model_dump(mode="json") for call in edit.call_backs]
    return after, change


def _tell(record: Record, key: str, after: Kept, change: Json) -> list[Effect]:
    """The `DirectoryStanding` and the `DirectoryChange`."""
    entry, proposal = after.standing.entry, after.standing.proposal
    head: Json = {"key": key, "number": after.number, "authority": key.partition("@")[0]}
    standing = {
        "type": "standing",
        **head,
        "entry": _dump(entry),
        "changed": after.changed,
        "reach_changed": after.reach_changed,
        "proposal": _dump(proposal),
        "proposed": after.proposed,
    }
    told = {"type": "change", **head, "at": utc(record.at), "version": entry.version if entry else None, **change}
    return [
        Emit(CURRENT, key.encode(), orjson.dumps(standing), partition=record.partition),
        Emit(CURRENT, f"{after.number}#{key}".encode(), orjson.dumps(told), partition=record.partition),
    ]


def _answer(record: Record, key: str, officer: Officer, told: Json, kept: Kept) -> Emit:
    """A `DirectoryAnswer`. Others than the authority's own learn nothing here: a proposal is not theirs to know."""
    name, proposal = str(answer_uuid(record.origin)), kept.standing.proposal
    stands = None
    if key.partition("@")[0] == officer.agency:
        stands = {
            "number": kept.number,
            "version": kept.standing.entry.version if kept.standing.entry else 0,
            "proposal": {"by": proposal.by, "at": kept.proposed} if proposal else None,
        }
    value = {"answer": name, "key": key, "agency": officer.agency, "person": officer.person, **told, "stands": stands, "at": utc(record.at)}
    return Emit(ANSWERS, name.encode(), orjson.dumps(value), partition=record.partition)


def _recall(key: str, state: State) -> Kept:
    stored = state.get(f"entry {key}".encode())
    if stored is None:
        return Kept(Standing())
    kept, proposed = orjson.loads(stored), state.get(f"proposal {key}".encode())
    proposal = EDIT.validate_json(proposed) if proposed is not None else None
    assert proposal is None or isinstance(proposal, Publish)
    entry = kept.pop("entry")
    return Kept(Standing(entry=ENTRY.validate_python(entry) if entry else None, proposal=proposal), **kept)


def _remember(key: str, kept: Kept) -> list[Effect]:
    more = {name: getattr(kept, name) for name in ("number", "digest", "changed", "reach_changed", "proposed")}
    proposal = kept.standing.proposal
    return [
        Remember(f"entry {key}".encode(), orjson.dumps({"entry": _dump(kept.standing.entry), **more})),
        Remember(f"proposal {key}".encode(), orjson.dumps(_dump(proposal)) if proposal else None),
    ]


def _dump(value: DirectoryEntry | Publish | None) -> Json | None:
    # Without defaults it is no longer than it was sent.
    return value.model_dump(mode="json", exclude_defaults=True) if value is not None else None
