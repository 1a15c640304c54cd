"""What a conveyance can do between two positions."""

from streams.reference.borders import kilometres

FASTEST_KMH = {"moving": 200.0, "guarded_stop": 200.0, "ferry": 120.0, "aircraft": 1_200.0, "post": 1_200.0}
"""Faster than this between two positions is an impossible jump [R]."""

SLACK_KM = 5.0
"""So far apart may two positions of one thing be at any time: receivers err by more than they say [R]."""

SHORTEST_MS = 60_000
"""Of two positions closer in time the clocks are not trusted to tell how close [R]."""

Point = tuple[int, float, float, float | None]
"""Milliseconds, latitude, longitude, accuracy in metres."""


def impossible(one: Point, other: Point, fastest_kmh: float) -> bool:
    """Whether nothing that goes at most so fast was at both. Accuracies are allowed for; which came first does not matter."""
    apart = distance_km(one, other) - ((one[3] or 0) + (other[3] or 0)) / 1000
    hours = max(abs(one[0] - other[0]), SHORTEST_MS) / 3_600_000
    return apart > SLACK_KM and apart / hours > fastest_kmh


def distance_km(one: Point, other: Point) -> float:
    """Great-circle kilometres."""
    return kilometres(one[1], one[2], other[1], other[2])
