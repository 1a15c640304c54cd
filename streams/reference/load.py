"""All reference data as one object, which stages take as an argument."""

import hashlib
from functools import cache
from importlib.metadata import version as installed
from importlib.resources import files

from streams.reference.agencies import Agencies
from streams.reference.countries import Countries
from streams.reference.identifiers import Identifiers
from streams.reference.names import name_keys
from streams.reference.places import Places
from streams.reference.quantities import Quantities
from streams.reference.substances import Substances
from streams.reference.table import FILES, text

EDITION = "2026.11.22"
"""Date of the last change of a list or a rule; set by whoever makes it."""

_PACKAGES = ("airportsdata", "anyascii", "phonenumbers", "python-stdnum", "pyunlocode")


class Reference:
    """Look-ups for enrichment: pure after loading, the same answer for the same version.

    `version` is the edition and a hash over our tables, our rules and the versions of the packages that bring data
    (`2026.11.22+ab12cd34`); it is written into every enriched report.
    """

    def __init__(self) -> None:
        self.version = f"{EDITION}+{_content()}"
        self.countries = Countries()
        self.places = Places(self.countries)
        self.substances = Substances()
        self.quantities = Quantities()
        self.identifiers = Identifiers(self.countries.alpha3)
        self.agencies = Agencies()
        self.resolve = self.substances.resolve
        self.unit = self.quantities.unit
        self.kg_equivalent = self.quantities.kg_equivalent
        self.country = self.countries.country
        self.country_name = self.countries.name
        self.locate = self.places.locate
        self.check = self.identifiers.check
        self.name_keys = name_keys

    def warm(self) -> None:
        """Build what is otherwise built when first asked for (outlines, towns, telephone metadata), so that no report waits for it."""
        for country, lat, lon in _CAPITALS:
            self.places.locate(name="warm", country=country)
            self.places.locate(coordinates=(lat, lon))
        self.identifiers.check("phone", "+992372210000")


_CAPITALS = (
    ("TJ", 38.56, 68.78), ("KG", 42.87, 74.59), ("KZ", 51.16, 71.45), ("UZ", 41.31, 69.28), ("TM", 37.95, 58.38), ("AZ", 40.40, 49.87),
    ("RU", 55.75, 37.62), ("AF", 34.53, 69.17), ("IR", 35.69, 51.39), ("CN", 39.90, 116.40),
)  # fmt: skip


@cache
def load() -> Reference:
    """The reference data, read once per process. Raises ValueError naming the file where a table contradicts itself."""
    return Reference()


def _content() -> str:
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(text(name).encode())
    for source in sorted(files("streams.reference").iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".py"):
            digest.update(source.read_bytes())
    digest.update(" ".join(f"{package} {installed(package)}" for package in _PACKAGES).encode())
    return digest.hexdigest()[:8]
