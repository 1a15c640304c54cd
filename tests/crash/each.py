"""What each app gets so that it has something to do, again and again: for the tests that kill or freeze one app after the other."""

from tests.crash import beside
from tests.crash.load import Sent, delivery, directory, mixed, reports

REPORTS = 40


def for_each_app(seed: int, times: int) -> dict[str, list[list[Sent]]]:
    """By app, and for one of two stages `app:topic` as `RIC_FAULT` names it: something for each of the `times`."""
    said = reports(seed, 3 * times * REPORTS)
    told = iter([said[first : first + REPORTS] for first in range(0, len(said), REPORTS)])
    acts = mixed(seed, [delivery(seed, number) for number in range(6)])
    edits = mixed(seed, [directory(number) for number in range(6)])
    load = {
        "intake": [next(told) for _ in range(times)],
        "reports": [next(told) for _ in range(times)],
        "links": [next(told) for _ in range(times)],
        "deliveries": shares(acts, times),
        "positions": [beside.positions(number) for number in range(times)],
        "deconfliction": [beside.deconfliction(number) for number in range(times)],
        "guard:live.deliveries.watch": [beside.guard(number) for number in range(times)],
        "guard:live.deliveries.matches": [beside.matches(number) for number in range(times)],
        "duty": [beside.duty(number) for number in range(times)],
        "directory": shares(edits, times),
    }
    assert all(len(some) == times and all(some) for some in load.values())
    return load


def shares(made: list[Sent], times: int) -> list[list[Sent]]:
    """The same in order, in parts as equal as can be."""
    return [made[len(made) * number // times : len(made) * (number + 1) // times] for number in range(times)]


def app_of(place: str) -> str:
    """The app of which `for_each_app` speaks there."""
    return place.partition(":")[0]
