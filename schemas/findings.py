"""What the consent planner finds, in English and Russian (decision 0814). A test holds both tables against the planner's source."""

from typing import Final

from schemas.sentences import Sentences

STALE: Final[dict[str, str]] = {
    "not valid before {}": "действует только с {0}",
    "valid until {}": "действовала до {0}",
    "verified at {}, which is still to come": "подтверждена {0}, а это время ещё не наступило",
    "not verified for {} days, {} are allowed": "не подтверждалась {0} дн., допустимо {1}",
}
"""Why an entry of the directory is not to be relied on."""

FINDINGS: Final[dict[str, str]] = {
    "the directory has no authority of {} that consents": "в справочнике нет органа {0}, который согласует",
    "silence never consents: find the authority by another channel, and have its state make an entry": (
        "молчание — не согласие: найдите орган по другому каналу, и пусть его государство внесёт запись"
    ),
    "do not rely on the entry of {} before the authority has verified it: {}": (
        "не полагайтесь на запись {0}, пока орган её не подтвердит: {1:ru}"
    ),
    "do not rely on the entry of {} before it is verified: {}": "не полагайтесь на запись о пункте {0}, пока её не подтвердят: {1:ru}",
    "a stale entry is shown, never used": "устаревшую запись показывают, но не используют",
    "ask {} for its holidays of {}": "запросите у {0} праздники на {1}",
    "{} does not know them; only the desks' own closed days are counted": (
        "{0} их не содержит; учтены только нерабочие дни самих дежурных частей"
    ),
    "name {} in handling.recipients before the request goes to it": "до отправки запроса внесите {0} в получатели (handling.recipients)",
    "it is {}: it goes to nobody but those named": "гриф {0}: получают только названные",
    "plan when leg {} begins": "укажите, когда начинается этап {0}",
    "without entry_planned of leg {} no latest moment can be given": "без времени въезда этапа {0} крайний срок не рассчитать",
    "ask for the reply before leg {} begins, {}": "запросите ответ до начала этапа {0}, {1}",
    "reply_by of the request is later: the consignment would wait": "срок ответа в запросе позже: груз стоял бы в ожидании",
    "{} cannot be given its notice: its desk does not open long enough within a year": (
        "{0}: уведомить в срок невозможно, дежурная часть за год не открыта достаточно долго"
    ),
    "hours of the desk in the entry": "часы работы дежурной части из записи",
    "the latest moment to ask {} was {}, {} ago: {}": "крайний срок запроса в {0} — {1}, прошёл {2:ru} назад: {3:ru}",
    "{} h {} before {}, received while the desk is open": "за {0} ч ({1:ru}) до {2}; запрос должен поступить в часы работы дежурной части",
    "check how it gets from {} to {}": "проверьте, как груз попадёт из {0} в {1}",
    "the gazetteer has no crossing by {}; by air there may be a way": (
        "в справочнике мест нет такого пункта пропуска ({0:ru}); возможно, есть путь по воздуху"
    ),
    "{} is no crossing of {} in the gazetteer": "{0:ru}: такого пункта пропуска {1} в справочнике мест нет",
    "{} of leg {}: check the name": "{0:ru} этапа {1}: проверьте название",
    "find out who has to know at {}": "выясните, кого предупредить на пункте {0}",
    "the directory has no entry of this crossing": "в справочнике нет записи об этом пункте пропуска",
    "inform {} at {} by name: {}, {}": "поимённо предупредите {0} на пункте {1}: {2}, {3}",
    "an uninformed post that seizes an active consignment is the first failure to prevent": (
        "непредупреждённый пост, изъявший груз в ходе поставки, — первый провал, который надо предотвратить"
    ),
    "{} is closed to goods at the planned {}, {}": "пункт {0} закрыт для грузов в запланированное время ({1:ru}), {2}",
    "it opens {}": "открывается {0}",
    "it does not open within a year": "в течение года не открывается",
    "special requirement of the post {}": "особое требование пункта {0}",
    "where it is, in {}": "там, где груз сейчас, в {0}",
    "{}, on the soil of {}": "{0}, на территории {1}",
    "the border of {} with {}": "граница {0} и {1}",
    "leg {} ({}) is {}: silence never consents": "этап {0} ({1}): {2:ru}; молчание — не согласие",
    "consent to leg {} ({}) ends {}, before the leg does": "согласие на этап {0} ({1}) истекает {2}, раньше конца этапа",
    "{} allows no controlled delivery": "{0} не допускает контролируемых поставок",
    "the entry names no provision": "норма в записи не указана",
    "passage {} it is not among those that {} allows": "{0:ru} не входит в то, что разрешает {1}",
    "allowed: {}": "разрешено: {0:ru}",
    "ask what the load may be in {}": "узнайте, каким может быть груз в {0}",
    "the entry does not state it": "в записи этого нет",
    "{} is planned, {} takes {}": "планируется {0:ru}, а {1} принимает: {2:ru}",
    "special requirement of the entry": "особое требование из записи",
    "{} wanted, but forbidden in {}": "планируется: {0:ru}, но в {1} это запрещено",
    "the entry forbids it": "запрещено по записи",
    "ask whether {} allows {}": "узнайте, допускает ли {0}: {1:ru}",
    "{} requires {}, which the request does not plan": "{0} требует: {1:ru}; в запросе этого нет",
    "required by the entry": "требуется по записи",
    "required by the entry{}": "требуется по записи{0}",
    "plan entry and exit of leg {}": "укажите въезд и выезд этапа {0}",
    "{}; without both times it cannot be held against that": "{0:ru}; без обоих времён это не проверить",
    "at most {} h from entry to exit": "не больше {0} ч от въезда до выезда",
    "{} longer in {} than allowed": "на {0:ru} дольше в {1}, чем разрешено",
    "{} required in {} and forbidden in {}": "{0:ru}: в {1} требуется, в {2} запрещено",
    "the same consignment meets both laws: agree where it begins and ends, or ask for an exception": (
        "груз подпадает под оба закона: согласуйте, где это начинается и кончается, или просите об исключении"
    ),
    "those who consent in {} allow no common load": "органы, согласующие в {0}, не допускают одного и того же груза",
    "each entry allows another one": "в каждой записи разрешён другой",
    "{} takes {}; the legs before can hand over {} only": "{0} принимает: {1:ru}; этапы до него могут передать только: {2:ru}",
    "a substituted load cannot be made whole, nor replaced where the law forbids it": (
        "подменённый груз не сделать прежним, и нельзя подменить там, где закон запрещает"
    ),
    "substitute before {} is left: {} takes {}": "подмените груз до выезда из {0}: {1} принимает: {2:ru}",
    "the law of {} allows it on its soil": "закон {0} допускает это на своей территории",
    "go round by {}: {}": "в обход через {0:ru}: {1:ru}",
    "{}; times beyond the first border are to be planned anew": "{0:ru}; время после первой границы нужно планировать заново",
    "stop it in {} before {}, hold it and seize: {} decides": "остановить в {0}, не доезжая: {1:ru}; удерживать и изъять; решает {2:ru}",
    "{}; stale, verify first: {}": "{0:ru}; устарело, сначала подтвердите: {1}",
    "{}; nothing passes a border without consent, and the state having territory intervenes": (
        "{0:ru}; без согласия границу не проходит ничто, вмешивается государство территории"
    ),
    "ask {} again with a {} substituted load; it may be made in {}": (
        "запросите {0} снова с {1:ru} подменённым грузом; подмена возможна в {2}"
    ),
    "the law of {} takes such a load; so do the legs after it": "закон {0} допускает такой груз, этапы после — тоже",
    "held in {}, wanted in {}{}": "есть на языке {0:ru}, нужен {1}{2}",
    "the case is in {}, accepted: {}": "дело на языке {0}, принимают: {1}",
    **STALE,
}
"""The planner's sentence → the same in Russian."""

WORDS: Final[dict[str, str]] = {
    "it takes no urgent request": "срочных запросов орган не принимает",
    "an urgent request by voice is possible until {}, the written one within {} h": (
        "срочный запрос голосом возможен до {0}, письменный — в течение {1} ч"
    ),
    "for an urgent request by voice it is {} too late": "для срочного запроса голосом тоже поздно на {0:ru}",
    "by the clock": "календарных",
    "of the desk's hours": "рабочих",
    "the place named": "названное место",
    "the law of each allows passage through": "закон каждой из этих стран разрешает транзит",
    "the two countries touch: the leg is not needed": "две страны граничат: этап не нужен",
    "ask {} until {}": "запросить {0} до {1}",
    "{} cannot be given notice": "{0}: в срок не уведомить",
    "{} has consented to leg {}: it stands while that leg stays as it is": (
        "{0} уже согласовала этап {1}: согласие действует, пока этот этап не меняется"
    ),
    "no third country": "без третьей страны",
    "{}→{} at {}": "{0}→{1}: {2:ru}",
    "the border with {}": "граница с {0}",
    "{} by {}": "{0:ru}, до {1}",
    "the authority of {}": "орган {0}",
    "fully": "полностью",
    "partly": "частично",
    "{}: consent {}": "{0}: согласие — {1:ru}",
    "not stated: ask": "не указано, запросите",
    "a language not stated": "язык не указан",
    "pending": "ответа нет",
    "out of": "вывоз",
    "through": "транзит",
    "into": "ввоз",
    "within": "перевозка внутри страны",
    "the original load": "исходный груз",
    "a partly substituted load": "частично подменённый груз",
    "a fully substituted load": "полностью подменённый груз",
}
"""What the planner says in places of these."""

NAMES: Final[dict[str, str]] = {
    "{}/{} ({})": "{0}/{1} ({2:ru})",
    "out": "вывоз",
    "internal": "перевозка внутри страны",
    "provisional": "устное",
    "consented": "согласовано",
    "conditional": "с условиями",
    "refused": "отказ",
    "expired": "истекло",
    "revoked": "отозвано",
    "entry": "въезд",
    "exit": "выезд",
    "road": "дорога",
    "rail": "железная дорога",
    "river": "река",
    "sea": "море",
    "armed escort": "вооружённое сопровождение",
    "foreign officers": "иностранные офицеры",
    "foreign armed officers": "вооружённые иностранные офицеры",
    "undercover officers": "офицеры под прикрытием",
    "tracking device": "устройство слежения",
    "audio video": "аудио- и видеозапись",
    "sampling": "отбор образцов",
    "{} d {} h {} min": "{0} д {1} ч {2} мин",
    "{} d {} h": "{0} д {1} ч",
    "{} d {} min": "{0} д {1} мин",
    "{} h {} min": "{0} ч {1} мин",
    "{} d": "{0} д",
    "{} h": "{0} ч",
    "{} min": "{0} мин",
}
"""What places hold of the language itself: practices, kinds of passage, states of consent, modes, links, and how long."""

PLANS: Final = Sentences(FINDINGS, WORDS | NAMES)
