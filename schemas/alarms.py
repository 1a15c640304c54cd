"""What the stage of controlled deliveries says of its own in reasons of alarms and stops, in English and Russian (decision 0814).

An officer's own words within a reason fill a place, and stay as written. A test holds both tables against the stage's source.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas.delivery_names import AGREEMENTS, CLASHES, NAMES, POSTS, TERMS
from schemas.sentences import Sentences

REASONS: Final[dict[str, str]] = {
    "{} gave the duress code": "{0} подал(а) сигнал принуждения",
    "{} gave the duress code: {}": "{0} подал(а) сигнал принуждения: {1}",
    "part {} is in {} without acceptance{}": "часть {0} в {1}, приёма не было{2:ru}",
    "declared by {}": "заявил(а) {0}",
    "contact lost before the start, declared by {}": "связь потеряна ещё до начала; заявил(а) {0}",
    "lost before the start, declared by {}": "груз утерян ещё до начала; заявил(а) {0}",
    "found by {}": "обнаружил(а) {0}",
    "{}: {} kg {} what is booked, weighed by {}": "{0}: на {1} кг {2:ru} учтённого, взвесил(а) {3}",
    "{}: {} kg {} than was weighed before, weighed by {}": "{0}: на {1} кг {2:ru}, чем при прошлом взвешивании, взвесил(а) {3}",
    "{}: the parts of {} have {} kg {} than it had": "{0}: в частях, на которые делят {1}, на {2} кг {3:ru}, чем в ней было",
    "no word from {} in time": "{0} не вышел(а) на связь в срок",
    "the load was not seen in time": "груз не видели в положенный срок",
    "{} has not said where part {} is held": "{0:ru} не сообщает, где удерживается часть {1}",
    "no go: {}; hold on this side": "передача не готова: {0:ru}; держать по эту сторону",
    "the offer to leg {} expired without acceptance": "предложение на этап {0} истекло, приёма не было",
    "leg {}: {} in an hour": "этап {0}: через час {1:ru}",
    "leg {}: {}; no onward handover": "этап {0}: {1:ru}; передавать дальше нельзя",
    "leg {} refused by {}: {}": "в этапе {0} отказал(а) {1}: {2}",
    "leg {} revoked by {}: {}": "согласие этапа {0} отозвал(а) {1}: {2}",
    "the way has changed: leg {} is to be consented again": "маршрут изменён: этап {0} нужно согласовать заново",
    "{} says that it goes on by {}; planned was {}: word is due later": (
        "{0} сообщает: дальше груз следует иначе ({1:profile}), по плану — {2:profile}; следующий выход на связь позже"
    ),
    "conditions contradict each other: {}": "условия противоречат друг другу: {0:ru}",
    "stop requested by {}: {}": "остановки требует {0}: {1}",
    "held by the controller": "удерживает контролирующий",
    "{} entered the room: {}": "в комнату вошёл(ла) {0}: {1}",
    "{} did not say what {} entered for him: {}": "{0} не подтверждает запись, внесённую за него: внёс(ла) {1}: «{2:act}»",
    "{}: a report meets what is under watch ({}); {}. Call {}": (
        "{0}: сообщение совпало с тем, что под наблюдением ({1:ru}); {2:ru}. Позвоните: {3:ru}"
    ),
    "{}: a report of {}Z, from before the watch, meets what is under watch ({}); take it to be out. Call {}": (
        "{0}: сообщение от {1}Z, полученное до начала наблюдения, совпало с тем, что под наблюдением ({2:ru});"
        " считайте, что оно уже вышло. Позвоните: {3:ru}"
    ),
    "{} reports from before the watch meet what is under watch; the {} most urgent are told each. Call {}": (
        "с тем, что под наблюдением, совпало сообщений, полученных до его начала: {0}; о самых срочных ({1}) сказано отдельно."
        " Позвоните: {2:ru}"
    ),
    "{} minutes to the strike, not ready: {}": "до реализации {0} мин, не готовы: {1}",
    "the hour of the strike has come, not ready: {}": "час реализации настал, не готовы: {0}",
    "no reply by the time that was asked for: {}": "в запрошенный срок нет ответа: {0:ru}",
    "{} declares no radio for {} minutes: word is due later": ("{0} сообщает: радиосвязи не будет {1} мин; следующий выход на связь позже"),
    "{}: what the centre learned meets what is under watch ({}); {}. Call {}": (
        "{0}: известное центру совпало с тем, что под наблюдением ({1:ru}); {2:ru}. Позвоните: {3:ru}"
    ),
    "the strike is called off by {}: {}": "реализацию отменил(а) {0}: {1}",
    "the strike is set anew by {} for {}Z: {}": "реализацию заново назначил(а) {0} на {1}Z: {2}",
    "the load that was to be struck is held by {}: {}": "груз, по которому назначена реализация, удерживает {0}: {1}",
    "the load that was to be struck is seized by {}: {}": "груз, по которому назначена реализация, изъял(а) {0}: {1}",
    "the load that was to be struck is secured before its hour by {}": (
        "груз, по которому назначена реализация, взял(а) раньше назначенного часа {0}"
    ),
    "the load that was to be struck is given up by {}: {}": "груз, по которому назначена реализация, оставил(а) {0}: {1}",
    "the strike is over: part {} is {}": "реализация закончена: часть {0} — «{1:state}»",
    "no leg ahead is refused any more": "отказа впереди больше нет",
    "nobody is waited for any more": "ответа больше ни от кого не ждут",
    "{} closes it with a difference: {}": "{0} закрывает с расхождением: {1:ru}",
    "another delivery has the same number under watch ({}): ask the supervisor": (
        "тот же номер под наблюдением у другой поставки ({0:ru}): обратитесь к руководителю"
    ),
}
"""The stage's sentence, `{}` for what is filled in → the same in Russian."""

WORDS: Final[dict[str, str]] = {
    ", which is off the way: the lead sends a route_change with a leg there, or nobody can act": (
        ", страны нет на маршруте: ведущий меняет маршрут, добавляя этап там, иначе действовать некому"
    ),
    ", where nothing is consented": ", согласия там нет",
    "short of": "меньше",
    "less": "меньше",
    "more than": "больше",
    "more": "больше",
    "nobody": "никто",
    "not offered": "не предложена",
    "receiver not in place": "принимающий не на месте",
    "leg {} not consented": "этап {0} не согласован",
    "part is {}": "часть в состоянии «{0:state}»",
    "contact lost": "связь потеряна",
    "post {} not informed": "не извещён пост {0:ru}",
    "conditions contradict each other": "условия противоречат друг другу",
    "the written consent is due": "нужно письменное согласие",
    "the consent ends": "истекает согласие",
    "the written consent did not come in time": "письменное согласие в срок не поступило",
    "the consent has run out": "согласие истекло",
    "it is held": "оно удержано",
    "it is out": "оно уже вышло",
    "{} {} kg": "{0} {1} кг",
    "{} (leg {})": "{0} (этап {1})",
    "the centre's desk": "дежурная часть центра",
    "the duty desk of {}": "дежурная часть {0}",
}
"""What the stage says in places of these."""

NUMBERS: Final[dict[str, str]] = {
    "container": "контейнер",
    "plate": "номерной знак",
    "vin": "VIN",
    "imo": "номер ИМО",
    "mmsi": "MMSI",
    "seal": "пломба",
    "waybill": "перевозочный документ",
    "document": "документ",
    "imei": "IMEI",
    "device": "устройство",
    "phone": "телефон",
    "name": "имя",
    "place": "место",
}
"""Families of numbers under watch, and what else a report is known by."""

TIMELINE: Final[dict[str, str]] = {
    "the way has changed": "маршрут изменён",
    "{} (entered for {})": "{0:act} (за {1})",
    "{} (number)": "{0:ru} (по номеру)",
    "{} (text)": "{0:ru} (в тексте)",
    "{} (name)": "{0:ru} (по имени)",
    "{} (place)": "{0:ru} (по месту и времени)",
    "{}: {} has fewer than five characters, or too few different ones: it would meet everything": (
        "{0}: в «{1}» меньше пяти знаков или слишком мало разных — совпало бы со всем подряд"
    ),
    "{}: number plate {} is without its country: other states give the same one": (
        "{0}: госномер {1} указан без страны: такой же выдают и другие государства"
    ),
    "{}: a form puts {} numbers under watch": "{0}: под наблюдение из запроса берут не больше {1} номеров",
}
"""What it says in lines of the timeline alone."""

ALARMS: Final = Sentences(REASONS, WORDS | NUMBERS | TIMELINE | AGREEMENTS | CLASHES | POSTS | TERMS, NAMES)

_OURS: Final = {
    "acceptance": ("against_no_go",),
    "offer_void": ("reason",),
    "handover_window": ("lacking",),
    "consent_expired": ("why",),
    "resumed": ("waiting_for",),
    "watch_begins": ("refused",),
    "watch_match": ("on", "contact"),
    "closed": ("unconfirmed",),
}
"""What the stage itself says in these lines of the timeline; of an alarm, raised or over, its reason where the table has it."""


def of_event(kind: str, what: Mapping[str, Any]) -> dict[str, Any]:
    """Of what an event of the timeline says, what the stage itself said, in Russian: by the same names, a list as a list."""
    if kind in ("alarm", "alarm_resolved"):
        russian = ALARMS.russian(str(what.get("reason", "")))
        return {"reason": russian} if russian is not None else {}
    said = {name: what[name] for name in _OURS.get(kind, ()) if what.get(name)}
    return {
        name: [*map(ALARMS.in_words, value)] if isinstance(value, list) else ALARMS.in_words(str(value)) for name, value in said.items()
    }
