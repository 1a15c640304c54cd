"""What is wrong with a field, a body or a call, in English and Russian: the language's own rules, pydantic's words, and the gateway's.

They have no code: the field says which it is. A test holds the table against the source of the language and against pydantic.
"""

from typing import Final

from schemas.findings import STALE
from schemas.sentences import Sentences

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
    "leg {} is left before leg {} is left: check the times and their zones": (
        "выезд этапа {0} раньше выезда этапа {1}: проверьте время и часовые пояса"
    ),
    "leg {} leaves before it enters: exit_planned must be after entry_planned": "этап {0}: выезд раньше въезда",
    "leg {} stands after leg {}: number the legs in the order of the way": (
        "этап {0} стоит после этапа {1}: нумеруйте этапы по порядку пути"
    ),
    "name either the crossing's post or a unit that has none: post or unit, one of them": (
        "укажите либо пост на пункте пропуска, либо подразделение вне пунктов: одно из двух"
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
    "{} is no post of {} in the gazetteer": "{0}: такого пункта пропуска {1} в перечне нет",
}
"""What the gateway says of an act, an edit or a plan."""

CALLS: Final[dict[str, str]] = {
    "A call says who, and in which exercise.": "В вызове указывают, кто и в каком учении.",
    "A page says whose act it sends, in the header Ric-As. Open the page anew: it is older than the centre.": (
        "Страница не говорит, чьё действие отправляет. Откройте её заново: она старше центра."
    ),
    "A parameter or field is not as /docs says: see problems.": "Параметр или поле указаны неверно: см. перечень.",
    "A session may change things only from the centre's own pages. Scripts send a bearer token.": (
        "Менять что-либо из сеанса можно только со страниц центра. Программы отправляют токен."
    ),
    "All headers together may have {} bytes.": "Все заголовки вместе — не больше {0} байт.",
    "It could not be written down. Send it again.": "Записать не удалось. Отправьте снова.",
    "It does not exist, or it is not for you. Check the id; ids are per agency and cannot be passed on.": (
        "Этого нет или это не для вас. Проверьте номер: у каждого ведомства номера свои, передавать их нельзя."
    ),
    "It has no small picture.": "Уменьшенного изображения нет.",
    "It has {} bytes.": "В нём {0} байт.",
    "It is not whole yet, or being examined. Ask again shortly.": "Файл ещё не получен целиком или проверяется. Повторите чуть позже.",
    "It was refused: {}.": "Файл отклонён: {0}.",
    "Kafka cannot be reached: the {} was not taken in. Send the same {} again.": (
        "Нет связи с Kafka: не принято. Отправьте то же самое снова."
    ),
    "Kafka did not confirm the decision. Decide again: twice is as good as once.": (
        "Kafka не подтвердила решение. Примите его снова: повтор ничего не испортит."
    ),
    "Kafka did not confirm: the {} may or may not have arrived. Send the same {} again, it has one effect.": (
        "Kafka не подтвердила: дошло или нет, неизвестно. Отправьте то же самое снова: повтор ничего не изменит."
    ),
    "One person may watch {} feeds at a time: close one.": "Одному лицу — не больше {0} лент сразу: закройте одну.",
    "Path and query together may have {} bytes.": "Адрес запроса — не больше {0} байт.",
    "Say which part is meant: {} have not ended.": "Назовите часть; не завершены: {0}.",
    "Send Authorization: Bearer and a token, or sign in with the one-time link.": "Войдите по одноразовой ссылке или отправьте токен.",
    "Send application/json.": "Отправьте application/json.",
    "Send one header: Authorization: Bearer and the token.": "Отправьте один заголовок: Authorization: Bearer и токен.",
    "The alerts cannot be read now. Ask again.": "Вызовы сейчас не прочитать. Повторите.",
    "The body stopped for {} s or took over {} s: send less at once.": (
        "Передача замерла на {0} с или шла дольше {1} с: отправляйте меньше за раз."
    ),
    "The centre is taking in as much as it can hold. Send it again shortly.": "Центр принимает больше, чем вмещает. Отправьте чуть позже.",
    "The cursor is not one that a page of this list gave: begin without it.": "Такой отметки в этом списке не было: начните без неё.",
    "The database cannot be reached. Publishing goes on; ask again shortly.": (
        "Нет связи с базой данных. Приём сообщений продолжается; повторите чуть позже."
    ),
    "The delivery has no leg {} of which an authority is known.": "В поставке нет этапа {0} с известным органом.",
    "The directory has no entry of {}: it makes one itself, by POST /v1/directory/edits.": (
        "В справочнике нет записи {0}: орган вносит её сам, на странице справочника."
    ),
    "The entry of {} is stale: {}. Have it verified, or add stale=true: the form then says so.": (
        "Запись {0} устарела: {1:ru}. Пусть её подтвердят, или печатайте с пометкой об этом."
    ),
    "The fault is ours and has been logged. Try again; if it stays, tell the centre the time.": (
        "Ошибка наша, она записана. Повторите; если останется, сообщите центру время."
    ),
    "The feeds are not live: Kafka cannot be reached.": "Ленты без связи: Kafka недоступна.",
    "The limit of a call is {} bytes: send it in parts.": "Не больше {0} байт за раз: отправьте частями.",
    "The limit of an act is {} bytes.": "Действие — не больше {0} байт.",
    "The limit of an act is {} bytes: put long texts into attachments.": "Действие — не больше {0} байт: длинные тексты — во вложения.",
    "The limit of an edit is {} bytes: shorten its texts.": "Правка — не больше {0} байт: сократите тексты.",
    "The original is {}'s. The lead may ask for it in the room, with the reason, for all to read.": (
        "Оригинал у {0}. Ведущий может запросить его в комнате с указанием причины, открыто для всех."
    ),
    "The role {} may not do this. It is for: {}.": "Роли {0:role} это недоступно. Доступно: {1:role}.",
    "The session is over: sign in again.": "Сеанс окончен: войдите снова.",
    "The timeline has more than {} entries: read report.json.": "В хронологии больше {0} записей: читайте report.json.",
    "There is no such agency.": "Такого ведомства нет.",
    "This browser is signed in as {} now, and the page is another person's. It was not done: sign in as that person.": (
        "В этом браузере теперь вход {0}, а страница — другого лица. Не выполнено: войдите под тем лицом."
    ),
    "This is for exercises of this centre.": "Это для учений этого центра.",
    "This is no {} that the centre can take: see problems.": "Центр не может это принять: см. перечень.",
    "after is not one of your receipts: give the id of one, or leave it out.": (
        "after — не ваша квитанция: укажите её номер или не указывайте."
    ),
    "bbox: give west,south,east,north in degrees, south not above north.": "bbox: запад, юг, восток, север в градусах, юг не выше севера.",
    "there is no such attachment in this delivery": "такого вложения в этой поставке нет",
    "there is no such handover in this delivery": "такой передачи в этой поставке нет",
    "there is no such item": "такого пункта нет",
    "{} Call its duty desk.": "{0:ru} Позвоните в его дежурную часть.",
    "{}{}. `ric token` makes one in a local installation.": "Токен не принят: {0}{1}.",
}
"""What the gateway says of a whole call that a page makes."""

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
    "write {}: so the gazetteer calls it, and so it is found": "пишите {0:ru}: так он назван в перечне, и так его находят",
    "choose one of /v1/crossings, as {}; a new post stands in the authority's own entry until the gazetteer has it": (
        "выберите из перечня, например: {0}; новый пункт, пока его нет в перечне, указывают в записи самого органа"
    ),
    "write its desks into the authority's own entry: the gazetteer has no posts of this country": (
        "укажите его дежурные части в записи самого органа: пунктов этой страны в перечне нет"
    ),
    "use a name of tzdata, as Asia/Almaty": "укажите название пояса, например Asia/Almaty",
}
"""How to mend it → the same in Russian."""

WORDS: Final[dict[str, str]] = {
    "true": "да",
    "false": "нет",
    "The live centre was NOT reached.": "До действующего центра дозвониться НЕ удалось.",
}
ROLES: Final[dict[str, str]] = {
    "officer": "офицер",
    "analyst": "аналитик",
    "coordinator": "координатор",
    "supervisor": "руководитель",
    "steward": "распорядитель данных",
    "contributor": "корреспондент",
    "partner": "партнёр",
    "operator": "оператор",
}
"""As the pages have them."""

FAULTS: Final[dict[str, str]] = OURS | WAYS | PYDANTIC
CALLED: Final = Sentences(CALLS, WORDS | STALE, {"role": ROLES})
