"""In which country a position certainly lies: further beyond the border than its accuracy and that of our outlines."""

from collections.abc import Callable

from streams.reference.load import Reference
from streams.stages.deliveries.acting import Where

OUTLINES_REACH_KM = 60.0
"""Further away than this the outlines give no distance."""


def located(reference: Callable[[], Reference]) -> Where:
    """The look-up over the reference's outlines. On the sea nothing is certain: there an officer's word is needed."""

    def where(lat: float, lon: float, accuracy_m: float | None, expected: str) -> str | None:
        borders = reference().places.borders
        country = borders.at(lat, lon)
        if country is None or country == expected:
            return country
        if borders.distance_km(country, lat, lon) > 0:
            return None
        doubt = borders.tolerance_km(expected) + (accuracy_m or 0) / 1000
        if doubt > OUTLINES_REACH_KM:
            return None
        return country if borders.distance_km(expected, lat, lon) > doubt else None

    return where
