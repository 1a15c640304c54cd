"""Random openings of a delivery: from its request to its start by officers of several agencies, some of whom would sign for each other.

Held against a model in the simplest terms, and against the rule that four eyes are two persons.
"""

from random import Random

from tests.unit.deliveries.invariants import Broken, two_persons
from tests.unit.deliveries.office import AUTHORISATION, CENTRE, INFORMED, Office, form, informed, plan
from tests.unit.deliveries.words import Json

LEAD = ("TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", "TJ-DCA/m.third")
OTHERS = ("KG-SCNBC/t.eam", "KG-GP/p.rosecutor")
ROOM = (f"{CENTRE}/d.duty", f"{CENTRE}/s.super")
EVERYBODY = (*LEAD, *OTHERS, *ROOM, f"{CENTRE}/o.ther")
NEXT = {"": "request", "draft": "signature", "requested": "ready", "declared": "ready_confirmed", "ready": "start"}
ACTS = (*NEXT.values(), "consent", "consent", "revocation", "enters", "deconfliction", "posts_informed")
BORDER = informed("TJ", "Karamyk")
TOLD: tuple[list[Json], ...] = (
    [],
    INFORMED,
    [BORDER],
    [BORDER],
    [BORDER, *INFORMED],
    [informed(post=None, unit="Карамык")],
    [informed("TJ", "Карамык")],
)
"""What somebody says was told: nothing, another post, the one on the way, a unit that is none, a name that is none."""


class Opening:
    """One opening, with what ought to stand: the status, who asked, who signed, what was declared and answered, and leg 1's consent."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.office = Office()
        self.office.contact = random.choice((False, False, True, None))
        self.status = ""
        self.request, self.asked, self.complete = "", "", False
        self.ready, self.declarer = "", ""
        self.consented = False
        self.border, self.told = False, list[Json]()
        self.members: set[str] = set()
        self.requests: list[str] = []
        self.declared: list[str] = []
        self.sent: list[tuple[str, Json]] = []
        self.done: list[tuple[int, Json, Json]] = []
        """Every act: when, what, and the answer."""

    def run(self, length: int) -> None:
        """So many acts."""
        random = self.random
        for _ in range(length):
            if self.status == "running":
                break
            kind = NEXT.get(self.status, "consent") if random.random() < 0.6 else random.choice(ACTS)
            if kind == "ready" and not self.consented and random.random() < 0.8:
                kind = "consent"
            if self.sent and random.random() < 0.1:
                self.again(*random.choice(self.sent))
            elif kind == "deconfliction":
                if self.office.plans:
                    self.office.deconflicted(contact=random.random() < 0.3)
            else:
                self.one(kind)
            self.office.pass_minutes(random.choice((1, 2, 5)))

    def one(self, kind: str) -> None:
        """One act by somebody, and what ought to come of it."""
        random, office = self.random, self.office
        likely = {"ready_confirmed": ROOM, "consent": LEAD}.get(kind, LEAD)
        who = random.choice(likely if random.random() < 0.85 else EVERYBODY)
        unknown = office.id()
        fields: Json = {}
        if kind == "request":
            way = {} if random.random() < 0.3 else {"exit": {"crossing": "Карамык"}}
            fields = {"form": form() if random.random() < 0.8 else form(grounds=None), "plan": plan(**way)}
        elif kind == "signature":
            fields = {"request": self._one_of(self.requests, unknown)}
        elif kind in ("ready", "posts_informed"):
            fields = {"informed_posts": random.choice(TOLD)}
        elif kind == "ready_confirmed":
            fields = {"ready": self._one_of(self.declared, unknown), "deconfliction": random.choice(("clear", "arranged"))}
        elif kind == "consent":
            fields = {"leg": 1, "authorisation": AUTHORISATION}
        elif kind == "revocation":
            fields = {"leg": 1, "reason": "нет"}
        elif kind == "enters":
            agency = who.partition("/")[0]
            fields = {"enters": [next(each for each in reversed(EVERYBODY) if each.startswith(f"{agency}/"))]}
        voice = random.choice(LEAD) if who in ROOM and random.random() < 0.4 else None
        if voice is not None:
            agency, person = voice.split("/")
            fields["by_voice"] = {"agency": agency, "person": person, "means": "telephone", "code_word_checked": True}
        ought = self.ought(kind, who, voice, fields)
        said = {"id": office.id(), "delivery": form()["delivery_ref"], "at": office.now.isoformat()}
        said |= {"act": "room" if kind == "enters" else kind, **fields}
        answer = office.send(who, said)
        by = {"agency": who.partition("/")[0], "person": who.partition("/")[2]}
        short = {name: value for name, value in said.items() if name not in ("form", "plan")}
        self.done.append((int(office.now.timestamp() * 1000), {"type": "act", "by": by, "act": short}, answer))
        if f"{said['delivery']}#act/{said['id']}".encode() in office.state.values:
            # Of what was said before there was a delivery, or from outside it, nothing is remembered.
            self.sent.append((who, said))
        if (answer["status"] == "applied") != ought:
            raise Broken(f"{who} {kind} {fields} ought {'' if ought else 'not '}to be applied, {self.status}: {answer}")
        if ought:
            self.note(kind, who, said)
        self.check()

    def ought(self, kind: str, who: str, voice: str | None, fields: Json) -> bool:
        """Whether it ought to be applied."""
        inside = who in self.members or (who in OTHERS and self.status not in ("", "draft"))
        if kind == "request":
            return voice is None and who in LEAD and (not self.status or (self.status == "draft" and who in self.members))
        if kind == "signature":
            right = self.status == "draft" and who in LEAD and voice is None
            return right and fields["request"] == self.request and who != self.asked and self.complete
        if not inside:
            return False
        if kind == "ready_confirmed":
            answered = self.office.case.plan["answered"] is not None
            # Whoever entered the lead's declaration by voice is no second person to it.
            right = self.status == "declared" and who.startswith(CENTRE) and voice is None and who != self.declarer
            clear = not self.office.case.plan["contact"] or fields["deconfliction"] == "arranged"
            return right and fields["ready"] == self.ready and answered and clear
        if kind == "enters":
            return voice is None and self.status != ""
        known = all(one.get("post") != "Карамык" for one in fields.get("informed_posts", ()))
        if kind == "posts_informed":
            return self.status not in ("", "draft") and known and bool(fields["informed_posts"])
        # All that is left is the lead's, by himself or by voice; a written consent not by voice.
        if not (who in LEAD or voice is not None) or self.status in ("", "draft"):
            return False
        if kind == "consent":
            return voice is None
        if kind == "revocation":
            return True
        if kind == "ready":
            told = [*self.told, *fields["informed_posts"]]
            knows = BORDER in told if self.border else bool(told)
            return self.status in ("requested", "declared") and self.consented and known and knows
        return kind == "start" and self.status == "ready" and self.consented

    def note(self, kind: str, who: str, said: Json) -> None:
        """What stands then."""
        if kind == "request":
            self.status, self.request, self.asked, self.complete = "draft", said["id"], who, said["form"]["grounds"] is not None
            self.members |= {who, *ROOM}
            self.requests.append(said["id"])
            self.border = "exit" in said["plan"]["legs"][0]
        elif kind == "signature":
            self.status = "requested"
            self.members.add(who)
        elif kind == "ready":
            self.status, self.ready, self.declarer = "declared", said["id"], who
            self.declared.append(said["id"])
        elif kind in ("ready_confirmed", "start"):
            self.status = {"ready_confirmed": "ready", "start": "running"}[kind]
        elif kind == "posts_informed":
            self.told += said["informed_posts"]
        elif kind in ("consent", "revocation"):
            self.consented = kind == "consent"
        else:
            self.members |= set(said["enters"])

    def again(self, who: str, said: Json) -> None:
        """The same once more: nothing."""
        stood = dict(self.office.state.values)
        answer = self.office.send(who, said)
        if answer["status"] == "applied" or self.office.state.values != stood:
            raise Broken(f"{who} {said} was applied twice: {answer}")

    def check(self) -> None:
        """What is told is what ought to stand."""
        if not self.status:
            return
        board = self.office.board
        two_persons(board)
        if (board["status"], board["requested_by"]) != (self.status, self.asked):
            raise Broken(f"{board['status']}, asked by {board['requested_by']}: it ought to be {self.status}, {self.asked}")
        if self.status == "running" and board["parts"][0]["controller"] != "TJ-DCA":
            raise Broken(f"it runs, and {board['parts'][0]['controller']} is in control")

    def _one_of(self, ids: list[str], unknown: str) -> str:
        return self.random.choice([unknown, *ids, *ids[-1:] * 6])
