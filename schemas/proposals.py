"""Why two reports may be one seizure, as the stage says it, in English and Russian (decision 0814)."""

from typing import Final

from schemas.sentences import Sentences

REASONS: Final[dict[str, str]] = {
    "same {}": "совпадает: {0}",
    "at the same place": "в одном месте",
    "{} km apart": "на расстоянии {0} км",
    "in {}, {}": "в {0}, {1:ru}",
    "{}: {} kg and {} kg": "{0}: {1} кг и {2} кг",
    "{}, both without a weight": "{0}, в обоих без массы",
}
WORDS: Final[dict[str, str]] = {"at the same time": "в одно время", "{} h apart": "с разницей в {0} ч"}

KINDS: Final[dict[str, str]] = {
    "container": "номер контейнера",
    "imo": "номер ИМО",
    "vin": "VIN",
    "imei": "IMEI",
    "wallet": "криптокошелёк",
    "iban": "счёт IBAN",
    "cmr": "CMR",
    "bill of lading": "коносамент",
    "air waybill": "авианакладная",
    "firearm": "номер оружия",
    "sha256": "файл (SHA-256)",
    "passport": "паспорт",
    "identity card": "удостоверение личности",
    "mrz": "машиносчитываемая зона",
}
"""Kinds of numbers that make two reports one where both bear the same."""

PROPOSALS: Final = Sentences(REASONS | {f"same {kind} {{}}": f"совпадает {name}: {{0}}" for kind, name in KINDS.items()}, WORDS)
