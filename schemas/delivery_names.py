"""Names of the language of controlled deliveries as officers read them in Russian: the same words as on the board, which a test holds."""

from typing import Final

ACTS: Final[dict[str, str]] = {
    "consent": "Письменное согласие",
    "provisional_consent": "Устное согласие",
    "conditional_consent": "Согласие с условиями",
    "conditions_accepted": "Принять условия",
    "refusal": "Отказать",
    "revocation": "Отозвать согласие",
    "crossed": "Сообщить страну",
    "check_in": "Доклад",
    "radio_shadow": "Без радиосвязи",
    "contact_lost": "Заявить потерю связи",
    "control_lost": "Заявить утрату контроля",
    "regained": "Контроль восстановлен",
    "alert": "ТРЕВОГА",
    "tracked": "Положение",
    "device_placed": "Установить устройство",
    "device_removed": "Снять устройство",
    "strike": "Реализация",
    "strike_ready": "Готовы к реализации",
    "strike_called_off": "Отмена реализации",
    "delivered_under_watch": "Доставлена, под наблюдением",
    "secured": "Изъято",
    "intervened": "Пресечь",
    "aborted": "Прекратить",
    "weighing": "Взвесить изъятое",
    "closed": "Закрыть",
    "evaluated": "Оценить",
    "offer": "Предложить передачу",
    "receiver_in_place": "Принимающий на месте",
    "acceptance": "Принять",
    "stop_request": "СТОП",
    "held": "Удержана под охраной",
    "resumed": "Согласиться продолжить",
    "request": "Запрос",
    "signature": "Подписать запрос",
    "posts_informed": "Посты извещены",
    "ready": "Заявить готовность",
    "ready_confirmed": "Подтвердить готовность",
    "start": "Начать",
    "split": "Разделение",
    "merge": "Объединение",
    "route_change": "Смена маршрута",
    "room": "Комната",
    "voice_confirmed": "Ответ на запись с голоса",
    "evidence": "Доказательства",
    "watch": "Взять под наблюдение",
    "match_released": "Выпустить задержанное сообщение",
    "alarm_acknowledged": "Подтвердить",
    "alarm_resolved": "Устранена",
}

STATUSES: Final[dict[str, str]] = {
    "draft": "черновик",
    "requested": "запрошена",
    "declared": "заявлена готовность",
    "ready": "готова",
    "running": "идёт",
    "ended": "завершена",
    "closed": "закрыта",
    "evaluated": "оценена",
}
"""Of a delivery."""

STATES: Final[dict[str, str]] = {
    "PLANNED": "Запланирована",
    "ACTIVE": "Под контролем",
    "OFFERED": "Предложена",
    "RECEIVER_IN_PLACE": "Принимающий на месте",
    "CROSSED_UNACCEPTED": "ПЕРЕСЕКЛА, НЕ ПРИНЯТА",
    "CONTACT_LOST": "СВЯЗЬ ПОТЕРЯНА",
    "CONTROL_LOST": "КОНТРОЛЬ УТЕРЯН",
    "STOP_REQUESTED": "ТРЕБУЕТСЯ ОСТАНОВКА",
    "HELD": "Удерживается",
    "STRIKE": "Реализация",
    "DELIVERED_UNDER_WATCH": "Доставлена, под наблюдением",
    "SECURED": "Изъята",
    "INTERVENED": "Пресечена",
    "ABORTED": "Прекращена",
    "SPLIT": "Разделена",
    "MERGED": "Объединена",
}
"""Of a part."""

CONSENTS: Final[dict[str, str]] = {
    "PENDING": "ответа нет",
    "PROVISIONAL": "устное",
    "CONSENTED": "согласовано",
    "CONDITIONAL": "с условиями",
    "REFUSED": "ОТКАЗ",
    "EXPIRED": "ИСТЕКЛО",
    "REVOKED": "ОТОЗВАНО",
}

ALARMS: Final[dict[str, str]] = {
    "crossed_unaccepted": "Граница пересечена без приёма",
    "contact_lost": "Связь потеряна",
    "control_lost": "Контроль утерян",
    "alert": "ТРЕВОГА",
    "duress": "ПРИНУЖДЕНИЕ",
    "stop_requested": "Требуется остановка",
    "stop_unconfirmed": "Остановка не подтверждена",
    "no_go": "ПЕРЕДАЧА НЕ ГОТОВА",
    "offer_expired": "Предложение истекло",
    "consent_ends": "Согласие истекает через час",
    "consent_expired": "Согласие истекло",
    "consent_revoked": "Согласие отозвано",
    "consent_refused": "Отказ в согласии",
    "seal_broken": "Пломба нарушена",
    "shortfall": "Недостача",
    "surplus": "Излишек",
    "guard_match": "Сведения совпали с тем, что под наблюдением",
    "guard_warning": "Сообщение может касаться этой поставки",
    "watched_elsewhere": "Тот же номер под наблюдением другой поставки",
    "voice_disputed": "Запись с голоса оспорена",
    "glass_broken": "Экстренный доступ",
    "plan_touched": "Отступление от плана",
    "strike_not_ready": "К реализации не готовы",
    "reply_due": "Ответа нет в срок",
    "strike_changed": "Реализация отменена или перенесена",
    "terms_conflict": "Условия противоречат друг другу",
}
"""Kinds of alarms."""

TERMS: Final[dict[str, str]] = {
    "substitute": "с подменой",
    "no_substitution": "без подмены",
    "no_split": "не делить",
    "seize_here": "изъять здесь",
    "no_foreign_officers": "без иностранных офицеров",
    "foreign_officers": "с иностранными офицерами",
}
"""Conditions of a consent."""

CLASHES: Final[dict[str, str]] = {
    "leg {} {}, leg {} {}": "этап {0} — {1:ru}, этап {2} — {3:ru}",
    "leg {} seize_here, leg {} is consented": "этап {0} — изъять здесь, а этап {1} согласован",
    "leg {} no_substitution, the load was substituted": "этап {0} — без подмены, а груз подменён",
    "leg {} substitute, the load was not substituted": "этап {0} — с подменой, а груз не подменён",
}
"""Conditions that contradict each other."""

POSTS: Final[dict[str, str]] = {
    "{} ({}) where leg {} begins": "{0} ({1}), начало этапа {2}",
    "{} ({}) where leg {} ends": "{0} ({1}), конец этапа {2}",
}
"""Posts where the way crosses a border."""

AGREEMENTS: Final[dict[str, str]] = {
    "the state having territory ({})": "государство территории ({0})",
    "the lead ({})": "ведущий ({0})",
    "{} (leg {})": "{0} (этап {1})",
}
"""Whose agreement it takes to go on."""

PROFILES: Final[dict[str, str]] = {
    "moving": "в движении",
    "guarded_stop": "охраняемая стоянка",
    "aircraft": "воздушное судно",
    "ferry": "паром",
    "post": "почта",
}

NAMES: Final[dict[str, dict[str, str]]] = {
    "act": ACTS,
    "status": STATUSES,
    "state": STATES,
    "consent": CONSENTS,
    "alarm": ALARMS,
    "profile": PROFILES,
}
"""By what a place of a sentence says it holds: `{0:act}`."""
