"""The word of each leg's authority. Silence never consents; only that authority does, and it may take its word back at any time.

Of several words the one said last stands, whatever the order in which they came; at one time the stricter, and of two alike the one of
the higher id. A revocation names a consent and ends it even if it comes first; unnamed it ends whatever was said until now.
"""

from copy import deepcopy
from math import inf

from schemas.acts import ConditionalConsent, ConditionsAccepted, Consent, ProvisionalConsent, Refusal, Revocation
from schemas.delivery import Authorisation
from streams.stages.deliveries.acting import Deed, No, all_meant, leg_of, meant, milliseconds
from streams.stages.deliveries.alarms import over_with, raise_alarm
from streams.stages.deliveries.case import ACTIVE, DELIVERED, FIRM, STOP_REQUESTED, STRIKE, Case, Json, Leg, Part, Stop, Word
from streams.stages.deliveries.clocks import HOUR, WARNED_HOURS
from streams.stages.deliveries.contact import offer_over
from streams.stages.deliveries.terms import conflicts, contradicted, substituted

MOST_REVOKED = 100
WRONG_CLOCK_MS = 24 * HOUR
"""By so much a clock may be wrong before the date on a paper is later than the word that names it [R]."""

_STRICTER = {"REVOKED": 4, "REFUSED": 3, "CONDITIONAL": 2, "PROVISIONAL": 1, "EXPIRED": 1, "CONSENTED": 0}

Given = Consent | ProvisionalConsent | ConditionalConsent


class Late(No):
    """A word that does not stand. Of a consent it counts all the same when it was said: see `remembered`."""


def given(deed: Deed) -> None:
    """CONSENTED, PROVISIONAL or CONDITIONAL, for the part named or for every part that has the leg and where nothing later stands."""
    act: Given = deed.act
    authorisation: Authorisation | None = None if isinstance(act, ProvisionalConsent) else act.authorisation
    if authorisation is not None:
        _dated(deed, authorisation)
    theirs = _theirs(deed)
    beaten: list[No] = []
    for part, leg in theirs:
        stood, was_open = conflicts(part, substituted(deed.case)), leg.open
        try:
            _given(deed, part, leg, stood, was_open=was_open)
        except No as no:
            beaten.append(no)
            _again(deed, part, leg, stood, was_open=was_open)
    if len(beaten) == len(theirs):
        raise next((no for no in beaten if isinstance(no, Late)), beaten[0])


def _dated(deed: Deed, paper: Authorisation) -> None:
    """Raises No where a date on the paper cannot be: it was there when the word was said, whenever the word came."""
    if milliseconds(paper.date) - deed.happened > WRONG_CLOCK_MS:
        raise No("the authorisation is dated after this was said", "check the date on the paper, and the clock", "authorisation.date")
    if paper.valid_until is None:
        return
    if paper.valid_until <= paper.date:
        raise No("the authorisation ends before the date on it", "check both dates on the paper", "authorisation.valid_until")
    if milliseconds(paper.valid_until) <= deed.now:
        raise No("the authorisation has run out already", "give one that is valid", "authorisation.valid_until")


def _given(deed: Deed, part: Part, leg: Leg, stood: list[str], *, was_open: bool) -> None:
    act: Given = deed.act
    if deed.happened <= leg.revoked_until:
        raise No("this consent was taken back, or said of another way", "give a new one if it is meant", part=part)
    _said(deed, leg)
    # Taken back before it came it still replaces what was said before it, or the order of arrival would decide what stands.
    taken_back = deed.id in leg.revoked
    state = {"consent": "CONSENTED", "provisional_consent": "PROVISIONAL", "conditional_consent": "CONDITIONAL"}[act.act]
    _later(deed, part, leg, state)
    authorisation: Authorisation | None = None if isinstance(act, ProvisionalConsent) else act.authorisation
    word = Word(
        state,
        state,
        deed.id,
        deed.who,
        deed.happened,
        valid_until=milliseconds(authorisation.valid_until) if authorisation and authorisation.valid_until else None,
        written_due=leg.oral_due(deed.happened) if authorisation is None else None,
        authorisation=authorisation.model_dump(mode="json", exclude_none=True)
        if authorisation
        else {"officer": getattr(act, "officer", None)},
        terms=list(act.terms),
    )
    if word.ends is not None and word.ends <= deed.now:
        raise Late("the written consent was due already", "send the written one", part=part)
    # What was past when it was said was known when it was said.
    word.warned = _past(word, deed.now)
    if taken_back:
        word.state, word.reason = "REVOKED", "taken back before it came"
    leg.word = word
    deed.tell({"state": word.state, "valid_until": word.ends, "terms": word.terms}, part=part, leg=leg.number)
    if taken_back:
        _withdrawn(deed, part, leg, "consent_revoked", f"leg {leg.number} revoked by {deed.who}: {word.reason}", stood=was_open)
    contradicted(deed, part, leg, stood)


def remembered(deed: Deed) -> bool:
    """What remains of a consent that does not stand: when it was said, and by that the term of an oral one. Whether anything changed.

    Else the term would be another by the order in which words come.
    """
    if isinstance(deed.act, Refusal):
        return False
    changed = False
    for part, leg in _theirs(deed):
        if deed.happened > leg.revoked_until:
            stood, was_open = conflicts(part, substituted(deed.case)), leg.open
            changed |= _said(deed, leg)
            _again(deed, part, leg, stood, was_open=was_open)
    return changed


def _said(deed: Deed, leg: Leg) -> bool:
    before, word = (leg.oral, leg.written), leg.word
    leg.consented_at(deed.happened, orally=isinstance(deed.act, ProvisionalConsent))
    if (leg.oral, leg.written) == before:
        return False
    if word is not None and word.given == "PROVISIONAL" and word.written_due is not None and word.state in ("PROVISIONAL", "EXPIRED"):
        later = (due := leg.oral_due(word.said)) > word.written_due
        word.written_due = due
        if later:
            ran_out, word.state = word.state, "PROVISIONAL"
            word.warned = _past(word, deed.now)
            # What ran out by a term that was none is in force: the order of arrival would decide it otherwise.
            if word.ends is not None and word.ends <= deed.now:
                word.state = ran_out
    return True


def _again(deed: Deed, part: Part, leg: Leg, stood: list[str], *, was_open: bool) -> None:
    """Tell of a word that had run out and is in force again, for a written consent was said before it."""
    word = leg.word
    if word is None or was_open or not leg.open:
        return
    deed.tell({"consent": word.id, "state": word.state, "valid_until": word.ends}, part=part, leg=leg.number, kind="provisional_consent")
    contradicted(deed, part, leg, stood)


def _past(word: Word, now: int) -> list[int]:
    return [hours for hours in WARNED_HOURS if word.ends is not None and word.ends - hours * HOUR <= now]


def accepted(deed: Deed) -> None:
    """The lead takes over the conditions: the consent is in force."""
    act: ConditionsAccepted = deed.act
    found = False
    for part in _parts(deed):
        leg = leg_of(part, act.leg)
        if leg.word is not None and leg.word.id == str(act.consent) and leg.word.state == "CONDITIONAL":
            stood = conflicts(part, substituted(deed.case))
            leg.word.accepted = found = True
            deed.tell({"consent": leg.word.id}, part=part, leg=leg.number)
            contradicted(deed, part, leg, stood)
    if not found:
        raise No("no conditional consent of that id stands", "read what stands on the leg", "consent")


def refused(deed: Deed) -> None:
    """REFUSED: another way, or another authority's mind, is needed, and somebody has to see to it before the load gets there."""
    act: Refusal = deed.act
    theirs = _theirs(deed, by_now=True)
    beaten: list[No] = []
    for part, leg in theirs:
        try:
            _later(deed, part, leg, "REFUSED")
        except No as no:
            beaten.append(no)
            continue
        stood, again = leg.open, leg.word is not None and leg.word.state == "REFUSED"
        leg.word = Word("REFUSED", "REFUSED", deed.id, deed.who, deed.happened, reason=act.reason)
        deed.tell({"reason": act.reason}, part=part, leg=leg.number)
        reason = f"leg {leg.number} refused by {deed.who}: {act.reason}"
        if not stood and not again and leg.number >= part.leg:
            deed.events.append(raise_alarm(deed.case, "consent_refused", deed.now, reason, part, leg=leg.number))
        _withdrawn(deed, part, leg, "consent_refused", reason, stood=stood)
    if len(beaten) == len(theirs):
        raise beaten[0]


def replanned(case: Case) -> list[Json]:
    """Where the way that is planned leads over no leg that is refused, or the plan was given up, nobody rings for it any more."""
    planned = [alarm for alarm in case.alarms if alarm.kind == "consent_refused" and not case.parts[alarm.part or ""].started]
    over = [alarm for alarm in planned if not any(map(refused_ahead, case.descendants(alarm.part or "")))]
    return [over_with(case, alarm, "no leg ahead is refused any more") for alarm in over]


def refused_ahead(part: Part) -> list[int]:
    """The legs to come that are refused."""
    return [leg.number for leg in part.legs if leg.number >= part.leg and leg.word is not None and leg.word.state == "REFUSED"]


def revoked(deed: Deed) -> None:
    """REVOKED. Where the part is on that leg, it is also a stop by the authority of the land it is in."""
    act: Revocation = deed.act
    named = str(act.consent) if act.consent is not None else None
    for part, leg in _theirs(deed, by_now=True):
        word = leg.word
        stands = word is not None and named in (None, word.id, *word.rests_on)
        if named is None:
            leg.revoked_until = max(leg.revoked_until, deed.now)
        elif named not in leg.revoked and not stands:
            leg.revoked.append(named)
            if len(leg.revoked) > MOST_REVOKED:
                # So many are no slips of order: from now on nothing that was said counts.
                leg.revoked, leg.revoked_until = leg.revoked[-MOST_REVOKED:], max(leg.revoked_until, deed.now)
        deed.tell({"consent": named, "reason": act.reason}, part=part, leg=leg.number)
        if word is None or not stands or word.state in ("REFUSED", "REVOKED"):
            continue
        stood = leg.open
        word.state, word.reason = "REVOKED", act.reason
        _withdrawn(deed, part, leg, "consent_revoked", f"leg {leg.number} revoked by {deed.who}: {act.reason}", stood=stood)


def _withdrawn(deed: Deed, part: Part, leg: Leg, kind: str, reason: str, *, stood: bool) -> None:
    if not stood or leg.number < part.leg:
        return
    if part.offer is not None and part.offer.to == leg.number:
        offer_over(part)
    deed.events.append(raise_alarm(deed.case, kind, deed.now, reason, part, leg=leg.number))
    if part.running and leg.number == part.leg and part.phase in (ACTIVE, STRIKE, DELIVERED):
        part.stop = Stop(deed.id, deed.agency, reason[:400], deed.now, part.phase, [leg.number])
        part.phase = STOP_REQUESTED


def _later(deed: Deed, part: Part, leg: Leg, state: str) -> None:
    """Raises Late where a word said later stands already; of two said at one time the stricter, and of two alike the one of the higher id.

    As they were said: what became of a word since depends on when the other came.
    """
    stands = leg.word
    if stands is not None and (stands.said, _STRICTER[stands.given], stands.id) > (deed.happened, _STRICTER[state], deed.id):
        raise Late(
            f"a later word of {stands.by} stands on leg {leg.number}: {stands.state}",
            "if this is newer, the clock is wrong: say it again, or revoke what stands",
            "at",
            part,
        )


def strictest(words: list[Word | None]) -> Word | None:
    """The word on one leg of parts that become one: a word of its own, which opens the leg where all of them did.

    It ends with the first of them, has the conditions of all, and falls with any. What needs the authority again comes before conditions
    that the lead alone could take over.
    """

    def strictness(word: Word | None) -> tuple[int, int, int, str]:
        if word is None:
            return 2, -1, 0, ""
        return 0 if word.in_force else 1 if word.state in FIRM else 2, _STRICTER[word.state], word.said, word.id

    word = deepcopy(max(words, key=strictness))
    if word is None:
        return None
    if word.state not in FIRM:
        # Of words that differ none is in force again alone (`_said`).
        alike = all(each is not None and each.id == word.id for each in words)
        word.written_due = word.written_due if alike else None
        return word
    firm = [each for each in words if each is not None]
    soonest = min(firm, key=lambda each: (inf if each.ends is None else each.ends, each.id))
    word.valid_until, word.written_due, word.warned = soonest.valid_until, soonest.written_due, list(soonest.warned)
    word.terms = list(dict.fromkeys(term for each in (word, *firm) for term in each.terms))
    word.rests_on = sorted({name for each in firm for name in (each.id, *each.rests_on)} - {word.id})
    return word


def _theirs(deed: Deed, *, by_now: bool = False) -> list[tuple[Part, Leg]]:
    """The parts and legs that the act is about; parts may differ in the authority of a leg. Raises No unless some are the actor's.

    `by_now`: as they are by now. A word that takes back is never too late for a part that was split.
    """
    parts = all_meant(deed) if by_now else _parts(deed)
    found = [(part, leg) for part in parts if (leg := part.at(deed.act.leg)) is not None]
    if not found:
        raise No(f"no part that is meant has a leg {deed.act.leg}", "read the way that stands", "leg")
    authority = [(part, leg) for part, leg in found if leg.authority == deed.agency]
    if not authority:
        part, leg = found[0]
        raise No(f"only {leg.authority} consents for leg {leg.number} ({leg.country}), not {deed.agency}", part=part)
    theirs = [(part, leg) for part, leg in authority if leg.country == deed.country]
    if not theirs:
        part, leg = authority[0]
        raise No(
            f"only an officer of {leg.country} consents for leg {leg.number}, and {deed.who} is of another state",
            f"ask {leg.authority}",
            part=part,
        )
    return theirs


def _parts(deed: Deed) -> list[Part]:
    return [meant(deed)] if deed.act.part else [part for part in deed.case.parts.values() if part.live]
