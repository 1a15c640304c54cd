"""The word that is sealed with a check-in: the gateway alone opens it, and for its own act alone."""

from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from streams.gateway.ids import Ids
from streams.gateway.word import Word, seal

KEY = AESSIV.generate_key(512)


@pytest.mark.parametrize("duress", [True, False])
def test_what_was_sealed_is_opened_by_every_gateway_of_the_installation(duress: bool) -> None:
    act = str(uuid4())
    sealed = seal(Ids(KEY).word.public, act, duress=duress)
    assert Ids(KEY).word.open(act, sealed) is duress


def test_both_words_are_of_one_length_and_never_twice_alike() -> None:
    act, word = str(uuid4()), Ids(KEY).word
    sealed = [seal(word.public, act, duress=duress) for duress in (True, False) * 20]
    assert len({len(each) for each in sealed}) == 1
    assert len(set(sealed)) == len(sealed)


@pytest.mark.parametrize("broken", ["act", "key", "cut", "turned", "no letters", "point"])
def test_what_is_not_sealed_for_this_centre_and_act_is_refused(broken: str) -> None:
    act, word = str(uuid4()), Ids(KEY).word
    sealed = seal(word.public, act, duress=True)
    opened_by = Word(b"\x07" * 48) if broken == "key" else word
    elsewhere = ("BP" if sealed.startswith("BA") else "BA") + sealed[2:]
    received = {"cut": sealed[:-4], "turned": sealed[:-6] + sealed[-6:].swapcase(), "no letters": "A" * 110, "point": elsewhere}
    with pytest.raises(ValueError, match="not sealed for this centre and this act"):
        opened_by.open(str(uuid4()) if broken == "act" else act, received.get(broken, sealed))
