"""What is wrong with a field or a whole body, in English and Russian: the language's own rules, pydantic's words, and the gateway's.

They have no code: the field says which it is. A test holds the table against the source of the language and against pydantic.
"""

from typing import Final

OURS: Final[dict[str, str]] = {
    "0, 0 lies in the Gulf of Guinea: leave the coordinates out where they are unknown": (
        "0, 0 — это Гвинейский залив: если координаты неизвестны, не указывайте их"
    ),
    "24:00 ends a day: write 00:00 as the opening time of the next": "24:00 — конец суток: начало следующих пишите как 00:00",
    "H3 means a restriction in words: put it in europol_text": "H3 — ограничение словами: впишите его в europol_text",
    "a conditional consent names its conditions: put them in authorisation.conditions, or send consent": (
        "в согласии с условиями называют условия: впишите их в разрешение или дайте обычное согласие"
    ),
    "a radio shadow ends after it begins, within twelve hours: declare a longer one in pieces": (
        "потеря радиосвязи кончается позже, чем начинается, и не позднее чем через 12 часов: более долгую заявляйте по частям"
    ),
    "a time needs its offset from UTC: 2026-03-18T04:30:00+05:00": "время нужно с поясом от UTC: 2026-03-18T04:30:00+05:00",
    "form.delivery_ref is {}, the act's delivery {}: they must be the same": (
        "номер поставки в форме — {0}, а в действии — {1}: он один и тот же"
    ),
    "form.legs and plan.legs differ in number or country: they must be the same way": (
        "этапы в форме и в плане различаются числом или страной: маршрут должен быть один"
    ),
    "goods names a substance twice: give its weight once": "вещество названо в грузе дважды: укажите его массу один раз",
    "handovers[{}].after_leg: there is no leg after {}, so nobody takes over": "передача {0}: после этапа {1} этапа нет, принимать некому",
    "into names a device twice: it goes on with one part": "устройство названо дважды: оно остаётся с одной частью",
    "into names a part twice: every part has its own name": "часть названа дважды: у каждой своё имя",
    "leg {} is entered before leg {} is left: check the times and their zones": (
        "въезд этапа {0} раньше выезда этапа {1}: проверьте время и часовые пояса"
    ),
    "leg {} leaves before it enters: exit_planned must be after entry_planned": "этап {0}: выезд раньше въезда",
    "leg {} stands after leg {}: number the legs in the order of the way": (
        "этап {0} стоит после этапа {1}: нумеруйте этапы по порядку пути"
    ),
    "originals are asked for without a reason: put it into says": "оригиналы запрошены без причины: впишите её в сообщение",
    "release names a partner twice: keep one rule for each": "партнёр назван дважды: оставьте для каждого одно правило",
    "the act changes nothing: name what is to be watched, or no longer": (
        "действие ничего не меняет: назовите номер для наблюдения или номер, который больше не нужен"
    ),
    "the date is outside the calendar": "такой даты нет в календаре",
    "the offer expires before the handover: set expires after handover_at": (
        "предложение истекает раньше передачи: укажите более поздний срок"
    ),
    "the place is empty: give at least its country or its name": "место не указано: назовите хотя бы страну или название",
    "two contact points share a code: each needs its own": "у двух дежурных частей один код: у каждой должен быть свой",
    "valid_until must be later than valid_from": "конец срока действия должен быть позже начала",
    "verified_by must be a person of the authority: an entry is verified by those whose it is": (
        "подтвердить запись может только сотрудник самого органа"
    ),
    "write a date as 2026-03-18, 2026-03 or 2026, or a time with its offset as 2026-03-18T04:30:00+05:00": (
        "дату пишите как 2026-03-18, 2026-03 или 2026, а время — с поясом: 2026-03-18T04:30:00+05:00"
    ),
    "write the time with its offset from UTC: 2026-03-18T04:30:00+05:00": "пишите время с поясом от UTC: 2026-03-18T04:30:00+05:00",
    "year {} is outside {}–{}: check the date and its order (year-month-day)": (
        "год {0} вне {1}–{2}: проверьте дату и порядок (год-месяц-день)"
    ),
    "{} is no authority of {}: only the state entered consents, name the one of {}": (
        "{0} — не орган государства {1}: согласует только государство въезда, назовите орган {2}"
    ),
    "{} may reach a real desk: an exercise uses +999 numbers and .invalid or .example addresses": (
        "{0} может привести в настоящую дежурную часть: в учениях — номера +999 и адреса .invalid или .example"
    ),
    "{} names {}, which is no contact point of this entry: use one of contacts[].code": "{0}: {1} — не дежурная часть этой записи",
}
"""What the language itself says of a field."""

WAYS: Final[dict[str, str]] = {
    "not JSON in UTF-8": "это не JSON в UTF-8",
    "a new delivery's id is {}/ and a number without a slash": "номер новой поставки — {0}/ и номер без косой черты",
    "{} is {}, and this space is {}": "поле {0} — {1:ru}, а это пространство — {2:ru}",
    "there is no leg {}": "этапа {0} нет",
}
"""What the gateway says of an act, an edit or a plan."""

PYDANTIC: Final[dict[str, str]] = {
    "Field required": "поле обязательно",
    "Extra inputs are not permitted": "такого поля нет",
    "Invalid JSON: {}": "это не JSON",
    "Input should be greater than {}": "должно быть больше {0}",
    "Input should be greater than or equal to {}": "должно быть не меньше {0}",
    "Input should be less than {}": "должно быть меньше {0}",
    "Input should be less than or equal to {}": "должно быть не больше {0}",
    "Input should be a finite number": "нужно конечное число",
    "{} should have at least {} item{} after validation, not {}": "нужно не меньше {1}, а дано {3}",
    "{} should have at most {} item{} after validation, not {}": "можно не больше {1}",
    "Input should be a valid string": "нужен текст",
    "String should have at least {} character{}": "нужно не меньше {0} знаков",
    "String should have at most {} character{}": "можно не больше {0} знаков",
    "String should match pattern '{}'": "текст не того вида ({0})",
    "Input should be {}": "должно быть одно из: {0:ru}",
    "Input should be a valid boolean": "нужно да или нет",
    "Input should be a valid boolean, unable to interpret input": "нужно да или нет",
    "Input should be a valid integer": "нужно целое число",
    "Input should be a valid integer, unable to parse string as an integer": "нужно целое число",
    "Input should be a valid number": "нужно число",
    "Input should be a valid number, unable to parse string as a number": "нужно число",
    "Input should be a valid list": "нужен список",
    "Input should be a valid tuple": "нужен список",
    "Input should be a valid dictionary": "нужна группа полей",
    "Input should be a valid dictionary or instance of {}": "нужна группа полей",
    "Input should be a valid dictionary or object to extract fields from": "нужна группа полей",
    "Input should be a valid date": "нужна дата",
    "Input should be a valid date in the format YYYY-MM-DD, {}": "нужна дата вида ГГГГ-ММ-ДД",
    "Input should be a valid date or datetime, {}": "нужна дата",
    "Input should be a valid time": "нужно время",
    "Input should be in a valid time format, {}": "нужно время",
    "Input should be a valid datetime": "нужны дата и время",
    "Input should be a valid datetime, {}": "нужны дата и время",
    "Input should be a valid datetime or date, {}": "нужны дата и время",
    "Input should have timezone info": "время нужно с поясом",
    "Input tag '{}' found using {} does not match any of the expected tags: {}": "такого вида нет; есть: {2}",
    "Unable to extract tag using discriminator {}": "не указан вид: поле {0}",
    "UUID input should be a string, bytes or UUID object": "нужен номер вида UUID",
    "Input should be a valid UUID, {}": "нужен номер вида UUID",
    "Decimal input should be an integer, float, string or Decimal object": "нужно число",
    "Input should be a valid decimal": "нужно число",
    "Decimal input should have no more than {} digit{} in total": "можно не больше {0} цифр",
    "Decimal input should have no more than {} decimal place{}": "можно не больше {0} цифр после запятой",
}
"""What pydantic says of a field; what is of no use to whoever fills in a form is left out."""

MENDS: Final[dict[str, str]] = {
    "remove it, or check its spelling: unknown fields are refused": "уберите его или проверьте название: неизвестные поля не принимаются",
    "add it: it is required": "добавьте его: оно обязательно",
    "send one JSON object in UTF-8": "отправьте один объект JSON в UTF-8",
    "use one of the kinds named": "выберите из названных видов",
    "add the field kind": "добавьте вид",
    "follow the pattern; control characters are never allowed": "соблюдайте вид; управляющие знаки не допускаются",
    "add the offset from UTC, as in 2026-03-18T04:30:00+05:00": "добавьте пояс от UTC, как в 2026-03-18T04:30:00+05:00",
    "shorten it": "сократите",
    "send fewer, or split the report": "отправьте меньше или разделите сообщение",
    "give at least one": "укажите хотя бы одно",
    "round it": "округлите",
    "leave it out where it is unknown": "если неизвестно, не указывайте",
    "use one of the values named": "выберите из названных значений",
    "write something, or leave it out": "впишите что-нибудь или не указывайте",
    "stay within the bound": "не выходите за предел",
    "send a value of the type named": "укажите значение названного вида",
    "send it to the gateway of the other space, or mend it": "отправьте в шлюз другого пространства или исправьте",
    "sign in again, then check in again": "войдите снова и повторите доклад",
    "name a leg of the request": "назовите этап из запроса",
    "use a name of tzdata, as Asia/Almaty": "укажите название пояса, например Asia/Almaty",
}
"""How to mend it → the same in Russian."""

WORDS: Final[dict[str, str]] = {"true": "да", "false": "нет"}

FAULTS: Final[dict[str, str]] = OURS | WAYS | PYDANTIC
