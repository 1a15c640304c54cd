"""Of which partitions the broker says where they end."""

from streams.answers import Answers


def test_a_partition_is_unreadable_only_when_two_looks_in_a_row_say_nothing_of_it() -> None:
    answers = Answers[str]()
    assert answers.readable("p") is None
    told = []
    for answered in ({"p"}, set(), {"p"}, set(), set(), {"p"}):
        answers.note(["p"], answered)
        told.append(answers.readable("p"))
    assert told == [True, True, True, True, False, True]
    answers.note(["p"], set())
    answers.forget()
    answers.note(["p"], set())
    assert answers.readable("p") is True, "what an earlier assignment heard does not count"
