"""Why an act in a controlled delivery is refused, by code, in English and Russian (decision 0814).

The stage says it in English (`DeliveryAnswer.reason`, `mend`); a code and the Russian words are found by the sentence, whose places stand
in the order of the English one. A test holds both tables against every refusal that the stage can give; those of the other stages that
officers speak with are in `refusals_elsewhere`.
"""

from dataclasses import dataclass
from typing import Final

from schemas import faults
from schemas import refusals_elsewhere as elsewhere
from schemas.delivery_names import AGREEMENTS, ALARMS, CLASHES, NAMES, POSTS, TERMS
from schemas.sentences import Sentences

REASONS: Final[dict[str, tuple[str, str]]] = {
    "never_by_voice": ("{} is never entered by voice", "«{0:act}» не вносится с голоса"),
    "voice_is_provisional": ("a consent by voice is provisional", "согласие с голоса — только устное (предварительное)"),
    "voice_for_another": ("an entry for another agency is the coordinator's", "за другое ведомство запись вносит координатор"),
    "no_agency": ("the centre knows no agency {}", "центр не знает ведомства {0}"),
    "no_party": ("{} takes no part in this delivery", "{0} не участвует в этой поставке"),
    "code_word": ("the code word was not checked", "кодовое слово не проверено"),
    "no_part": ("there is no part {}", "части {0} нет"),
    "part_over": ("part {} is {}", "часть {0} — «{1:state}»"),
    "part_became": ("part {} is {} and became {}", "часть {0} — «{1:state}», дальше это {2}"),
    "no_leg": ("part {} has no leg {}", "у части {0} нет этапа {1}"),
    "wrong_status": (
        "{} belongs to a delivery that is {}; this one is {}",
        "«{0:act}» возможно, когда поставка — {1:status}; эта — {2:status}",
    ),
    "lead_only": ("{} is the lead's: {}", "«{0:act}» — за ведущим: {1}"),
    "coordinator_only": ("{} is the coordinator's", "«{0:act}» — за координатором"),
    "wrong_phase": ("{} is not possible while part {} is {}", "«{0:act}» невозможно, пока часть {1} — «{2:state}»"),
    "not_yours": ("{} is for {}, not for {}", "«{0:act}» — за другим: {1:ru}; не за {2}"),
    "which_part": ("which part is meant is not said: there are {}", "не сказано, о какой части речь; есть: {0:ru}"),
    "mass_alarm": ("a difference in mass is for the lead or the centre to resolve", "расхождение в массе закрывает ведущий или центр"),
    "own_alarm": (
        "alarm {} ({}) is about what {} did: another resolves it",
        "тревога {0} («{1:alarm}») — о том, что сделал(а) {2}: закрывает другой",
    ),
    "glass_whose": (
        "broken glass is for the lead or a supervisor to resolve",
        "экстренный доступ закрывает ведущий или руководитель центра",
    ),
    "cause_stands": ("alarm {} ({}) cannot be resolved: its cause stands", "тревогу {0} («{1:alarm}») закрыть нельзя: причина сохраняется"),
    "no_alarm": ("no alarm {} is open", "открытой тревоги {0} нет"),
    "alarm_again": ("alarm {} was raised again after this was said", "после этого тревога {0} была поднята снова"),
    "authorisation_over": ("the authorisation has run out already", "срок разрешения уже истёк"),
    "authorisation_ahead": ("the authorisation is dated after this was said", "разрешение датировано позже, чем это сказано"),
    "authorisation_backwards": ("the authorisation ends before the date on it", "разрешение истекает раньше своей даты"),
    "no_conditional": ("no conditional consent of that id stands", "условного согласия с таким номером нет"),
    "later_word": ("a later word of {} stands on leg {}: {}", "по этапу {1} действует более позднее слово {0}: «{2:consent}»"),
    "no_part_with_leg": ("no part that is meant has a leg {}", "ни у одной из указанных частей нет этапа {0}"),
    "consents_alone": ("only {} consents for leg {} ({}), not {}", "этап {1} ({2}) согласует только {0}, не {3}"),
    "consents_at_home": (
        "only an officer of {} consents for leg {}, and {} is of another state",
        "этап {1} согласует только офицер из {0}, а {2} — от другого государства",
    ),
    "taken_back": ("this consent was taken back, or said of another way", "это согласие отозвано или дано на другой маршрут"),
    "written_due": ("the written consent was due already", "срок письменного согласия уже прошёл"),
    "event_too_far": ("the next event of {} is more than {} hours away", "до следующего события больше {1} ч ({0:profile})"),
    "too_old": (
        "this was written too long ago to say who is in control now",
        "написано слишком давно, чтобы знать, кто контролирует сейчас",
    ),
    "in_control": ("{} is in control of part {}", "часть {1} контролирует {0}"),
    "still_controller": (
        "{} is still the controller: contact is lost, control is not",
        "{0} всё ещё контролирует: потеряна связь, но не контроль",
    ),
    "no_control_there": ("{} may not be in control in {}", "{0} не может контролировать груз в {1}"),
    "shadow_late": ("a radio shadow is declared before it begins", "о потере радиосвязи заявляют до её начала"),
    "many_devices": ("part {} has {} devices", "у части {0} уже {1} устройств"),
    "device_known": ("{} reports for part {} already, since {} placed it", "{0} уже передаёт по части {1}: установил {2}"),
    "no_device": ("no such device reports for this delivery", "такое устройство по этой поставке не передаёт"),
    "device_whose": (
        "a device is removed by the controller, {} who placed it, or the lead",
        "устройство снимает контролирующий, {0}, кто его установил, или ведущий",
    ),
    "part_no_device": ("part {} has no device {}", "у части {0} нет устройства {1}"),
    "other_strike": ("the strike that stands is {}", "действует реализация {0:ru}"),
    "weighed_which": ("weighed is a part that was seized: {}", "взвешивают изъятую часть; такие: {0:ru}"),
    "weighed_whose": (
        "what was seized of part {} is weighed by {} or the lead",
        "изъятое из части {0} взвешивает {1} или ведущий",
    ),
    "strike_over": ("the strike is over: part {} is {}", "реализация закончена: часть {0} — «{1:state}»"),
    "no_striker": ("{} is not among those who strike: {}", "{0} нет среди участников реализации: {1}"),
    "alarms_open": ("{} alarms are open: {}", "открыто тревог: {0}: {1:ru}"),
    "evidence_open": ("evidence is handed over and not received: {}", "доказательства переданы, но приём не подтверждён: {0}"),
    "past_strike": ("the hour of the strike was past when it was set", "час реализации уже прошёл, когда её назначали"),
    "no_share": ("no state's share is said", "не указан вклад ни одного государства"),
    "kept_past": ("the term of keeping was over when this was said", "срок хранения уже истёк, когда это сказано"),
    "far_strike": ("the hour of a strike is at most 14 days ahead", "час реализации — не дальше 14 дней"),
    "long_embargo": ("an embargo ends at most 90 days after the strike", "эмбарго — не дольше 90 дней после реализации"),
    "evidence_left": ("evidence is not with the lead: {}", "доказательства не у ведущего: {0:ru}"),
    "many_evidence": ("a delivery has at most {} items of evidence", "у поставки не больше {0} предметов-доказательств"),
    "voice_waits": ("entries by voice wait for the officers' word: {}", "записи с голоса ждут слова офицеров: {0:ru}"),
    "weights": ("the weights do not reconcile: {}", "массы не сходятся: {0}"),
    "item_destroyed": ("item {} is destroyed", "предмет {0} уничтожен"),
    "handover_to": ("a handover names who receives", "при передаче указывают, кто принимает"),
    "no_item": ("there is no item {}", "предмета {0} нет"),
    "many_items": ("too many items are handed over and not received", "слишком много предметов передано и не принято"),
    "no_substance": ("part {} has no {}", "в части {0} нет: {1}"),
    "too_much_taken": ("of {} there are {} kg, and {} kg would be taken", "{0}: имеется {1} кг, а взять хотят {2} кг"),
    "seals_whose": ("the seals of part {} are for its controller to change", "пломбы части {0} меняет контролирующий"),
    "item_to_another": ("item {} is handed over to {}", "предмет {0} передан: {1:ru}"),
    "item_held": ("item {} is held by {}", "предмет {0} у держателя {1}"),
    "item_on_way": ("item {} is on its way to {}", "предмет {0} передаётся: {1}"),
    "many_watched": (
        "beside its form a delivery has at most {} numbers under watch",
        "кроме формы, у поставки под наблюдением не больше {0} номеров",
    ),
    "let_out_whose": (
        "a report is let out by whoever is in control, the lead or a coordinator",
        "сообщение выпускает контролирующий, ведущий или координатор",
    ),
    "no_match": ("there is no match {}", "совпадения {0} нет"),
    "match_keeps_nothing": ("match {} keeps no report in", "совпадение {0} не удерживает сообщений"),
    "not_watched": ("{} was not added to what is under watch", "{0} под наблюдение не добавляли"),
    "last_leg": ("leg {} is the last: there is nobody to offer to", "этап {0} последний: предлагать некому"),
    "onward_closed": (
        "the consent of leg {} is not in force: no onward handover",
        "согласие этапа {0} не действует: передавать дальше нельзя",
    ),
    "hard_stop": (
        "hard stop at the end of leg {}: leg {} ({}) is not consented",
        "стоп-граница в конце этапа {0}: этап {1} ({2}) не согласован",
    ),
    "offer_over": ("the offer has expired already", "срок предложения уже истёк"),
    "far_handover": ("the handover is more than 48 hours ahead", "до передачи больше 48 часов"),
    "long_offer": ("the offer expires more than 6 hours after the handover", "предложение истекает позже чем через 6 часов после передачи"),
    "on_leg": ("part {} is on leg {} already", "часть {0} уже на этапе {1}"),
    "on_leg_with": ("part {} is on leg {} already, with {} in control", "часть {0} уже на этапе {1}, контролирует {2:ru}"),
    "not_consented": ("leg {} is not consented", "этап {0} не согласован"),
    "not_this_border": ("{} is neither side of this border", "{0} — не сторона этой границы"),
    "not_there_yet": (
        "part {} is in {}, and nobody has said that it reached {}: leg {} comes after that",
        "часть {0} в {1}, и никто не сообщил, что она достигла {2}: этап {3} — после этого",
    ),
    "entered_again_later": (
        "part {} is in {} by leg {}: leg {} enters it again later",
        "часть {0} в {1} по этапу {2}: этап {3} войдёт туда снова позже",
    ),
    "no_handover_while": ("no handover while part {} is {}", "пока часть {0} — «{1:state}», передачи нет"),
    "nobody_to_accept": (
        "nobody is in control of part {}: there is nothing to accept",
        "часть {0} никто не контролирует: принимать нечего",
    ),
    "no_offer": (
        "no offer stands: it expired, was withdrawn, or has not come",
        "предложения нет: истекло, снято или не поступало",
    ),
    "other_offer": ("the offer that stands is {}, to leg {}", "действует предложение {0}, на этап {1}"),
    "not_in_place": ("the receiver is not in place yet", "принимающий ещё не на месте"),
    "in_place_too_early": (
        "the receiver was in place {} minutes before the handover, and what is said earlier than {} before does not count",
        "принимающий был на месте за {0} мин до передачи, а сказанное раньше чем за {1} мин не считается",
    ),
    "taken_where_it_is": ("part {} is in {}: who follows there takes over", "часть {0} в {1}: принимает тот, кто сопровождает там"),
    "other_stop": ("the stop that stands is {}", "действует остановка {0:ru}"),
    "need_not_agree": ("{} need not agree: {} must", "согласие {0} не требуется, нужно: {1:ru}"),
    "consent_not_in_force": ("the consent of leg {} is not in force", "согласие этапа {0} не действует"),
    "nobody_in_control": ("nobody is in control of part {}", "часть {0} никто не контролирует"),
    "own_id": ("a delivery's id begins with the agency that asks", "номер поставки начинается с запрашивающего ведомства"),
    "officer_asks": ("a request is made by an officer of a state's agency", "запрос делает офицер ведомства государства"),
    "asks_for_itself": ("form.requesting is {}, the officer is of {}", "form.requesting — {0}, а офицер из {1}"),
    "form_replaced": ("the form was replaced after it was read", "форму заменили после прочтения"),
    "second_signs": ("{} made the request: a second officer signs", "запрос составил(а) {0}: подписывает второй офицер"),
    "form_incomplete": ("the form is not complete: {}", "форма неполна: {0}"),
    "contradictions": ("conditions contradict each other: {}", "условия противоречат друг другу: {0:ru}"),
    "posts_uninformed": ("posts on the way are not informed: {}", "не извещены посты на маршруте: {0:ru}"),
    "nobody_informed": ("no post is informed", "не извещён ни один пост"),
    "no_such_post": ("{} is not a post of {}", "{0}: такого поста {1} в перечне нет"),
    "told_later": ("the time at which {} was told is still to come", "время извещения ещё не наступило: {0}"),
    "many_posts": ("a delivery notes at most {} informed posts", "у поставки не больше {0} извещённых постов"),
    "load_has_no": ("the load has no {}", "в грузе нет: {0}"),
    "declaration_replaced": ("the declaration was replaced", "заявление о готовности заменено"),
    "second_confirms": (
        "{} entered the declaration himself, by voice: a second person confirms it",
        "заявление о готовности внёс с голоса сам(а) {0}: подтверждает другой человек",
    ),
    "leg_refused": (
        "refused is leg {}, and nobody has said how it goes on",
        "отказано в этапе {0}, и не сказано, как быть дальше",
    ),
    "no_longer_consented": ("leg {} is not consented any more", "этап {0} больше не согласован"),
    "no_split": (
        "leg {} is consented on condition that the load is not split",
        "этап {0} согласован при условии, что груз не делят",
    ),
    "named_twice": ("a part is named twice", "часть названа дважды"),
    "the_parts_are": ("the parts are {}", "есть части: {0}"),
    "passed_legs": ("part {} is on leg {}: the legs up to it cannot be changed", "часть {0} на этапе {1}: пройденное не изменить"),
    "present_leg": (
        "part {} is on leg {}: of that leg only the exit and the times can be changed",
        "часть {0} на этапе {1}: на нём можно изменить только выезд и время",
    ),
    "entered_early": ("leg {} is entered before leg {} is left", "въезд этапа {0} раньше выезда этапа {1}"),
    "left_early": ("leg {} is left before leg {} is left", "выезд этапа {0} раньше выезда этапа {1}"),
    "way_too_early": ("the way of {} begins before leg {} is over", "маршрут части {0} начинается до конца этапа {1}"),
    "unsteady": ("part {} cannot be split or merged now: {}", "часть {0} сейчас нельзя делить или объединять: {1:ru}"),
    "name_used": ("there has been a part {} already", "часть {0} уже была"),
    "many_parts": ("a delivery has at most {} parts, past ones included", "у поставки не больше {0} частей, считая прошлые"),
    "strikes_differ": ("the strikes on parts {} and {} differ", "реализации частей {0} и {1} различаются"),
    "not_together": ("parts {} and {} are not at one place on one way", "части {0} и {1} не в одном месте одного маршрута"),
    "deconfliction_waits": (
        "deconfliction is not answered for the plan that stands",
        "по действующему плану ещё нет ответа о разведении операций",
    ),
    "deconfliction_contact": (
        "the coordinator is to be contacted about this plan",
        "по этому плану нужно связаться с координатором",
    ),
    "originals": ("originals are given as evidence to the lead: {}", "оригиналы как доказательства получает ведущий: {0}"),
    "not_of": ("{} is not of {}", "{0} — не из {1}"),
    "nobody_left": ("nobody of {} would be left in the room", "в комнате не осталось бы никого из {0}"),
    "many_members": ("a room has at most {} members", "в комнате не больше {0} участников"),
    "no_entry": ("no entry of that id waits for a word", "записи с таким номером, ждущей подтверждения, нет"),
    "entry_for": ("the entry was made for {}", "запись сделана за {0}"),
    "glass": ("breaking glass is for the centre's officers", "экстренный доступ — только для офицеров центра"),
    "too_large": ("the delivery has grown too large for this", "поставка стала слишком большой для этого"),
    "act_bytes": ("the act has {} bytes", "действие занимает {0} байт"),
    "other_delivery": ("the act is about another delivery", "действие относится к другой поставке"),
    "many_unconfirmed": (
        "too many entries by voice wait for the officers' word",
        "слишком много записей с голоса ждут подтверждения офицеров",
    ),
    "act_failed": ("the centre could not process this act: nothing changed", "центр не смог обработать это действие: ничего не изменилось"),
    "watch_too_short": (
        "{} has fewer than five characters, or too few different ones: it would meet everything",
        "«{0:ru}»: меньше пяти знаков или слишком мало разных — совпало бы со всем подряд",
    ),
    "plate_no_country": (
        "number plate {} is without its country: other states give the same one",
        "госномер {0} указан без страны: такой же выдают и другие государства",
    ),
    "same_id": ("an act of this id was received with other content", "действие с этим номером уже получено с другим содержанием"),
}
"""Code → the stage's sentence, and the same in Russian. `{}` of the English are `{0}`, `{1}` … of the Russian."""

MENDS: Final[dict[str, str]] = {
    "name one before it, and check in then": "назовите более раннее и тогда доложите",
    "the officer does it with a token of his own": "это делает сам офицер под своим именем",
    "enter it as provisional_consent; the written one is due within {} hours": (
        "внесите как устное согласие; письменное нужно в течение {0} ч"
    ),
    "ask the centre's coordinator to enter it": "попросите координатора центра внести",
    "check the agency; one of a country off the way takes part once the lead sends a route_change with a leg there": (
        "проверьте ведомство; ведомство страны вне маршрута участвует, когда ведущий сменит маршрут, добавив этап там"
    ),
    "no leg is there: the lead sends a route_change with one, then its authority and controller can act": (
        "этапа там нет: ведущий меняет маршрут, добавляя его; тогда могут действовать его орган и сопровождающее ведомство"
    ),
    "check it, then enter it again": "проверьте и внесите снова",
    "the parts are {}": "есть части: {0}",
    "name a part that is on its way": "назовите часть, которая в пути",
    "its legs are {}": "её этапы: {0}",
    "ask the lead": "обратитесь к ведущему",
    "ask the centre's coordinator": "обратитесь к координатору центра",
    "ask them, or the coordinator to enter it by voice": "обратитесь к ним или попросите координатора внести с голоса",
    "name the part": "назовите часть",
    "ask the lead, or a supervisor of the centre": "обратитесь к ведущему или к руководителю центра",
    "tell them what you found": "сообщите им, что обнаружили",
    "a supervisor of the centre signs for the loss": "за утрату подписывает руководитель центра",
    "regain control, or let the state having territory intervene": "верните контроль, или пусть вмешается государство территории",
    "have the controller check in": "пусть контролирующий доложит",
    "have the controller say where it is held": "пусть контролирующий сообщит, где удерживает груз",
    "it may have been resolved: read the timeline": "возможно, она уже закрыта: посмотрите хронологию",
    "look at it, then say it again": "посмотрите и повторите",
    "give one that is valid": "укажите действующее",
    "check the date on the paper, and the clock": "проверьте дату на документе и часы",
    "check both dates on the paper": "проверьте обе даты на документе",
    "read what stands on the leg": "прочтите, что действует на этапе",
    "if this is newer, the clock is wrong: say it again, or revoke what stands": (
        "если это новее, часы неверны: повторите или отзовите действующее"
    ),
    "read the way that stands": "прочтите действующий маршрут",
    "give a new one if it is meant": "дайте новое, если так задумано",
    "send the written one": "пришлите письменное",
    "look again and send it anew": "посмотрите снова и отправьте заново",
    "declare control_lost first": "сначала заявите о потере контроля",
    "there the state having territory intervenes, or its leg's consent and controller come first": (
        "там вмешивается государство территории, или сначала нужны согласие и сопровождающий этого этапа"
    ),
    "the clocks have gone on: check in": "часы шли дальше: сделайте доклад",
    "remove those that report no more": "снимите те, что больше не передают",
    "remove it first": "сначала снимите его",
    "name it by the id of the act that placed it": "назовите его по номеру действия, которым оно установлено",
    "ask them": "обратитесь к ним",
    "name devices that report for it": "назовите устройства, которые по ней передают",
    "say ready for that one": "заявите готовность к ней",
    "name a party that says ready for them, or let the lead send a route_change with a leg of theirs": (
        "назовите участника, который заявит готовность за них, или пусть ведущий сменит маршрут, добавив их этап"
    ),
    "check its code; a unit that is new is put into the directory first, or a party says ready for it": (
        "проверьте код; новое подразделение сначала вносят в справочник, или готовность за него заявляет участник"
    ),
    "call that one off, if it is meant": "отмените её, если имеется в виду она",
    "name one of them; before its end weigh it in a check-in": "назовите одну из них; до завершения взвешивание вносят в доклад",
    "resolve them first": "сначала закройте их",
    "whoever received it says so, or who gave it takes it back with returned": (
        "кто принял, тот и подтверждает, или передавший забирает обратно записью «возвращено»"
    ),
    "sign for the difference, or enter the weighing": "подпишите расхождение или внесите взвешивание",
    "nothing follows on that": "после этого записей нет",
    "name the person": "назовите лицо",
    "name an officer of an agency that does": "назовите офицера участвующего ведомства",
    "its first entry is one of {}": "первая запись о нём — одна из: {0:ru}",
    "let them be received first": "сначала пусть их примут",
    "name the substance as the plan does": "назовите вещество как в плане",
    "check the weight: it is in kilograms": "проверьте вес: он в килограммах",
    "leave the weight out: what was weighed at its end stands, and the description can say it": (
        "не указывайте вес: действует взвешенное при завершении, а в описании его можно назвать"
    ),
    "say that they are broken, or ask them": "сообщите, что они нарушены, или обратитесь к нему",
    "only who receives it says so": "подтверждает только принимающий",
    "only the holder makes an entry": "запись вносит только держатель",
    "the receiver's word comes next, or who gave it takes it back with returned": (
        "следующее слово — за принимающим, или передавший забирает обратно записью «возвращено»"
    ),
    "drop what is not needed": "уберите ненужное",
    "its name stands in the alarm and in the timeline": "его имя есть в тревоге и в хронологии",
    "nothing is to be let out": "выпускать нечего",
    "numbers of the signed form stay under watch": "номера подписанной формы остаются под наблюдением",
    "give the whole number, and for a number plate its country": "укажите номер полностью, а для госномера — и страну",
    "strike, deliver under watch, or change the route": "реализация, доставка под наблюдением или смена маршрута",
    "ask {}": "обратитесь: {0}",
    "hold on this side until {} consents": "держите по эту сторону, пока не согласует {0}",
    "check the date, or offer it when it is nearer": "проверьте дату или предложите ближе к передаче",
    "let it end sooner, and offer again if it is late": "укажите более ранний срок; если передача запоздает, предложите снова",
    "offer a time that is to come": "предложите время в будущем",
    "{} consents, or the state having territory intervenes": "согласует {0}, или вмешается государство территории",
    "name the soil on which it was accepted": "назовите, на чьей территории принято",
    "report that it crossed into {}, or name the soil on which it was accepted": (
        "сообщите, что груз пересёк границу {0}, или назовите, на чьей территории принято"
    ),
    "the controller of leg {} takes over": "принимает контролирующее ведомство этапа {0}",
    "it goes on when those who must have agreed": "продолжится, когда согласятся все, кто должен",
    "who sees it sends regained": "кто видит груз, заявляет о возврате контроля",
    "ask {} to offer again": "попросите предложить снова: {0}",
    "accept that one": "примите его",
    "send receiver_in_place with the load in sight first": "сначала доложите, что принимающий на месте и видит груз",
    "say it again with the load in sight; if it was said just now, the clock of the device is wrong: set it right first": (
        "доложите снова, видя груз; если доложили только что, неверны часы устройства: сначала поправьте их"
    ),
    "agree to that one, if you do": "согласитесь с ней, если согласны",
    "{} consents first": "сначала согласует {0}",
    "who sees it sends regained first": "сначала тот, кто видит груз, заявляет о возврате контроля",
    "name it {}/…": "назовите {0}/…",
    "ask an officer": "обратитесь к офицеру",
    "an agency asks for itself": "ведомство запрашивает за себя",
    "name officers of the centre: each agency names its own": "назовите офицеров центра: своих называет каждое ведомство",
    "read and sign request {}": "прочтите и подпишите запрос {0}",
    "another officer of {} signs": "подписывает другой офицер из {0}",
    "send the request again with them, then sign that": "отправьте запрос снова с ними и подпишите его",
    "wait for {}": "ждите: {0}",
    "the lead changes the way, or resolve the alarm and say how it goes on without it": (
        "ведущий меняет маршрут, или закройте тревогу, указав, как дальше без этого этапа"
    ),
    "agree them with the authorities first": "сначала согласуйте их с органами",
    "agree them with the authorities first, and record what was substituted": ("сначала согласуйте их с органами и внесите, что подменено"),
    "hold on this side until they are agreed, or change the route": "держите по эту сторону, пока их не согласуют, или смените маршрут",
    "confirm {}": "подтвердите {0:ru}",
    "another coordinator confirms, or the officer gives his word to the entry first": (
        "подтверждает другой координатор, или сначала офицер подтверждает запись"
    ),
    "agree it with them first": "сначала согласуйте с ними",
    "nobody goes in any more: read the timeline": "больше никто не входит: посмотрите хронологию",
    "name each once": "назовите каждую один раз",
    "name parts that there are": "назовите существующие части",
    "leave the rest of it as it is, or begin with the leg after it": "остальное на нём оставьте как есть или начните со следующего этапа",
    "check the times and their zones; those of leg {} are changed by the lead's route_change": (
        "проверьте время и часовые пояса; время этапа {0} меняет ведущий, сменой маршрута"
    ),
    "begin with the leg after it": "начните со следующего этапа",
    "give the legs after the present one": "укажите этапы после нынешнего",
    "settle that first": "сначала решите это",
    "give new names: they are never used again": "дайте новые имена: повторно они не используются",
    "open a second delivery": "откройте вторую поставку",
    "bring them together first": "сначала соедините их",
    "the state having territory ({}) sets one hour and the same agencies for both; hold them again, then merge": (
        "государство, на чьей территории груз ({0}), назначает обеим один час и одни ведомства; снова задержите их и соедините"
    ),
    "inform each, and say who was told there": "известите каждый и укажите, кому там сообщено",
    "{} is not in the gazetteer, the nearest there: {}; change the way, or name it as a unit of this name": (
        "«{0}» в перечне нет, ближайшие там: {1:ru}; измените маршрут или укажите под этим именем как подразделение"
    ),
    "name who was told: a post, or a unit that may meet the load": (
        "укажите, кому сообщено: посту или подразделению, которое может встретить груз"
    ),
    "tell them first, or check the date and the clock": "сначала известите или проверьте дату и часы",
    "name those on the way alone": "укажите только те, что на маршруте",
    "write {}: so the gazetteer calls it": "пишите {0:ru}: так в перечне",
    "the nearest are {}; whoever is at no crossing is named as a unit": (
        "ближайшие: {0:ru}; кто не на пункте пропуска, указывается как подразделение"
    ),
    "name it as a unit: the gazetteer has no posts of this country": "укажите как подразделение: постов этой страны в перечне нет",
    "the answer comes by itself: wait for it": "ответ придёт сам: подождите",
    "speak to the supervisor, then say arranged": "поговорите с руководителем, затем укажите «согласовано»",
    "ask the lead, or the agency that sent it": "обратитесь к ведущему или к ведомству, которое прислало",
    "each agency names its own officers": "каждое ведомство называет своих офицеров",
    "name who stays": "назовите, кто остаётся",
    "let some leave first": "сначала пусть кто-то выйдет",
    "read what waits": "прочтите, что ждёт подтверждения",
    "he confirms it himself": "подтверждает он сам",
    "ask your agency to name you": "попросите своё ведомство назвать вас",
    "end parts, shorten papers, or open a second delivery": "завершите части, сократите документы или откройте вторую поставку",
    "at most {}: put long texts into attachments": "не больше {0}: длинные тексты — во вложения",
    "send it to the delivery that it names": "отправьте его в ту поставку, которую оно называет",
    "set one that is to come": "назначьте час, который ещё впереди",
    "write what each state did": "напишите, что сделало каждое государство",
    "name a date to come, by the law of the lead": "укажите будущую дату — по закону ведущего",
    "set a nearer one; it can be set anew later": "назначьте ближайший; позже его можно назначить заново",
    "reports that concern it are kept in until then": "до этого срока сообщения о ней удерживаются",
    "have them confirmed, or answer for each": "пусть их подтвердят, или ответьте за каждую",
    "have it handed over, or say of each item where it stays": "пусть их передадут, или укажите о каждом, где он остаётся",
    "read in the timeline which items there are": "посмотрите в хронологии, какие есть предметы",
    "put what was found together under one seal": "найденное вместе — под одной пломбой",
    "have them confirmed first": "сначала пусть их подтвердят",
    "tell the coordinator by voice": "сообщите координатору голосом",
    "mend this field and send it as a new act": "исправьте это поле и отправьте новым действием",
    "give every act its own id": "у каждого действия свой номер",
}
"""How to mend it → the same in Russian."""


WORDS: Final[dict[str, str]] = {
    "an offer stands": "действует предложение",
    "contact is lost": "связь потеряна",
    "nobody": "никто",
    "nobody: control is lost": "никто, контроль утерян",
    "none": "нет",
    "none of this country": "в этой стране ни одного",
    "none on the way": "в пути ни одной",
    "nothing": "пусто",
    "the one that comes": "то, что придёт",
    "{} (held by {})": "{0} (у {1})",
    "{} (entered for {})": "{0:act} (за {1})",
    "collected": "изъят",
    "sampled": "отобран образец",
    "sealed": "опломбирован",
    "the controller of the leg that is named": "контролирующий указанного этапа",
    "the controller of this leg, or of the next where it is consented": "контролирующий этого этапа или следующего, если он согласован",
}
"""What the stage says in places of these."""

_PLACES: Final = (
    WORDS | AGREEMENTS | CLASHES | POSTS | TERMS | {f"{{}} {kind}": f"{{0}} «{name}»" for kind, name in ALARMS.items()} | elsewhere.WORDS
)
_CODES: Final = {english: code for code, (english, _) in (REASONS | elsewhere.REASONS).items()}
_REASONS: Final = Sentences(dict((REASONS | elsewhere.REASONS).values()), _PLACES, NAMES)
_FAULTS: Final = Sentences(faults.FAULTS, elsewhere.WORDS | faults.WORDS)
_MENDS: Final = Sentences(MENDS | elsewhere.MENDS | faults.MENDS, _PLACES)


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal's code, and its words in Russian; `code` is None of a field's own fault, and of a sentence that no table has."""

    code: str | None
    reason: str | None
    mend: str | None


def told(reason: str, mend: str | None) -> Told:
    """The code and the Russian words of what a stage said."""
    found = _REASONS.known(reason)
    code, russian = (_CODES[found[0]], found[1]) if found is not None else (None, _FAULTS.russian(reason))
    return Told(code, russian, _MENDS.russian(mend or ""))
