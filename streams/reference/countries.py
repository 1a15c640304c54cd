"""Which country is meant: ISO 3166-1 codes, names in 22 languages (CLDR), local and older names."""

from functools import lru_cache

from streams.reference.table import rows
from streams.reference.text import compact, fold

_ARTICLES = ("the ", "republic of ", "республика ", "republica de ", "republique de ", "islamic republic of ", "ҷумҳурии ")


class Countries:
    """The table, loaded once. Where two countries share a folded name it is nobody's, unless `countries.tsv` gives it to one."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, str]] = {}
        self.alpha3: dict[str, str] = {}
        self._by_code: dict[str, str] = {}
        claimed: dict[str, set[str]] = {}
        for row in rows("country_names.tsv"):
            alpha2 = row.pop("alpha2")
            alpha3, numeric = row.pop("alpha3"), row.pop("numeric")
            self.alpha3[alpha2] = alpha3
            self._by_code |= {alpha2.casefold(): alpha2, alpha3.casefold(): alpha2}
            if numeric:
                self._by_code[numeric] = alpha2
            self._names[alpha2] = {language: name for language, name in row.items() if name}
            for name in self._names[alpha2].values():
                claimed.setdefault(compact(fold(name)), set()).add(alpha2)
        self._by_name = {key: next(iter(codes)) for key, codes in claimed.items() if len(codes) == 1}
        for row in rows("countries.tsv"):
            if row["alpha2"] not in self._names:
                raise ValueError(f"countries.tsv: {row['alpha2']} is no country of country_names.tsv")
            for name in row["names"].split(";"):
                self._by_name[compact(fold(name))] = row["alpha2"]
        self.country = lru_cache(maxsize=8_192)(self._country)

    def _country(self, text: str | None) -> str | None:
        """Alpha-2 of the country that `text` names or codes, or None. Codes in any case; numeric codes with leading zeros."""
        if not text:
            return None
        folded = fold(text)
        key = compact(folded)
        if found := self._by_code.get(key) or self._by_name.get(key):
            return found
        for article in _ARTICLES:
            if folded.startswith(article) and (found := self._by_name.get(compact(folded.removeprefix(article)))):
                return found
        return None

    def name(self, alpha2: str, lang: str = "en") -> str:
        """The country's name in `lang` (a column of `country_names.tsv`), else in English, else the code itself."""
        names = self._names.get(alpha2, {})
        return names.get(lang) or names.get("en") or alpha2
