"""Where: a place as reported, and the route of a consignment."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.bounds import Country, Line, Moment, Short, Strict

PlaceKind = Literal[
    "border_crossing",
    "airport",
    "seaport",
    "river_port",
    "railway",
    "road",
    "post_office",
    "warehouse",
    "market",
    "dwelling",
    "laboratory",
    "field",
    "sea",
    "online",
    "prison",
    "other",
]


class Coordinates(Strict):
    """WGS 84, decimal degrees; accuracy is the radius in metres within which the place lies."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    accuracy_m: float | None = Field(None, gt=0, le=1_000_000)

    @model_validator(mode="after")
    def _not_null_island(self) -> Self:
        if self.lat == 0 and self.lon == 0:
            raise ValueError("0, 0 lies in the Gulf of Guinea: leave the coordinates out where they are unknown")
        return self


class Place(Strict):
    """A place by as much as is known of it; at least one field besides `kind` is given."""

    kind: PlaceKind | None = None
    name: Line | None = None
    country: Country | None = None
    subdivision: Short | None = Field(None, description="ISO 3166-2 code or a name")
    locality: Short | None = None
    unlocode: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z2-9]{3}$")] | None = None
    airport: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,4}$")] | None = Field(None, description="IATA or ICAO code")
    crossing: Line | None = Field(None, description="Border crossing or post")
    coordinates: Coordinates | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set - {"kind"}:
            raise ValueError("the place is empty: give at least its country or its name")
        return self


class RoutePoint(Strict):
    """A point of a route, with the time of passing where it is known."""

    place: Place
    at: Moment | None = None


class Route(Strict):
    """Departure, transit in order, destination (UNODC individual drug seizures; WCO CEN)."""

    departure: RoutePoint | None = None
    transit: tuple[RoutePoint, ...] = Field((), max_length=30)
    destination: RoutePoint | None = None
