"""Where the simulated consignments go: trafficking routes of the region with the crossings on them, and what moves there.

Routes follow UNODC's descriptions of the northern route, the Caucasus and Caspian branches, precursors moving the other way, and synthetic
drugs from the north. Volumes and names are invented.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Post:
    """A border post or terminal, as officers write it in Latin letters and in Russian."""

    country: str
    name: str
    russian: str
    kind: str = "border_crossing"


@dataclass(frozen=True, slots=True)
class Goods:
    """A substance as it is reported in several languages, with the unit used and a usual range of the amount."""

    names: tuple[str, ...]
    unit: str
    low: float
    high: float
    form: str
    weight: int


@dataclass(frozen=True, slots=True)
class Path:
    """One route: origin, posts in order, destination, and the goods that travel on it."""

    origin: tuple[str, str]
    posts: tuple[Post, ...]
    destination: tuple[str, str]
    goods: tuple[Goods, ...]
    weight: int


HEROIN = Goods(("heroin", "героин", "Heroin hydrochloride", "ҳероин"), "kg", 0.2, 60, "powder", 5)
OPIUM = Goods(("opium", "опий", "опий-сырец", "афюн"), "kg", 0.5, 80, "resin", 4)
HASHISH = Goods(("hashish", "гашиш", "cannabis resin"), "kg", 0.3, 90, "resin", 4)
CANNABIS = Goods(("marijuana", "марихуана", "cannabis herb"), "kg", 0.2, 120, "herbal", 4)
METH = Goods(("methamphetamine", "метамфетамин", "crystal meth"), "g", 50, 25_000, "crystal", 4)
MEPHEDRONE = Goods(("mephedrone", "мефедрон", "4-MMC"), "g", 5, 8_000, "crystal", 4)
ALPHA_PVP = Goods(("alpha-PVP", "альфа-ПВП", "α-PVP"), "g", 5, 3_000, "crystal", 2)
MDMA = Goods(("MDMA", "экстази", "ecstasy"), "tablets", 20, 9_000, "tablet", 2)
TRAMADOL = Goods(("tramadol", "трамадол"), "capsules", 100, 60_000, "capsule", 3)
PREGABALIN = Goods(("pregabalin", "прегабалин"), "capsules", 100, 40_000, "capsule", 2)
COCAINE = Goods(("cocaine", "кокаин"), "g", 100, 12_000, "powder", 1)
ANHYDRIDE = Goods(("acetic anhydride", "уксусный ангидрид"), "l", 50, 12_000, "liquid", 3)
ACID = Goods(("hydrochloric acid", "соляная кислота"), "l", 100, 8_000, "liquid", 1)

PANJI_POYON = Post("TJ", "Panji Poyon", "Пянджи Поён")
ISHKASHIM = Post("TJ", "Ishkashim", "Ишкашим")
SARIOSIYO = Post("UZ", "Sariosiyo", "Сариосиё")
FOTEHOBOD = Post("TJ", "Fotehobod", "Фотехобод")
BORDOBO = Post("KG", "Bordobo", "Бордобо")
DOSTUK = Post("KG", "Dostuk", "Достук")
AK_JOL = Post("KG", "Ak-Jol", "Ак-Жол")
IRKESHTAM = Post("KG", "Irkeshtam", "Иркештам")
HAYRATON = Post("UZ", "Hayraton", "Айритом")
GISHTKUPRIK = Post("UZ", "Gisht-Kuprik", "Гишт-Куприк")
KORDAY = Post("KZ", "Korday", "Кордай")
SARYAGASH = Post("KZ", "Konysbayev", "Б. Конысбаева")
ZHIBEK_ZHOLY = Post("KZ", "Zhibek Zholy", "Жибек Жолы")
SYRYM = Post("KZ", "Syrym", "Сырым")
KHORGOS = Post("KZ", "Khorgos", "Хоргос")
MASHTAKOVO = Post("RU", "Mashtakovo", "Маштаково")
SAGARCHIN = Post("RU", "Sagarchin", "Сагарчин")
KARAUZEK = Post("RU", "Karauzek", "Караузек")
PETUKHOVO = Post("RU", "Petukhovo", "Петухово")
SERHETABAT = Post("TM", "Serhetabat", "Серхетабат")
SARAHS = Post("TM", "Sarahs", "Сарахс")
FARAP = Post("TM", "Farap", "Фарап")
TURKMENBASHI = Post("TM", "Turkmenbashi", "Туркменбаши", "seaport")
ASTARA = Post("AZ", "Astara", "Астара")
BILASUVAR = Post("AZ", "Bilasuvar", "Билясувар")
ALAT = Post("AZ", "Alat", "Алят", "seaport")
RED_BRIDGE = Post("AZ", "Red Bridge", "Красный Мост")
AKTAU = Post("KZ", "Aktau", "Актау", "seaport")

PATHS: tuple[Path, ...] = (
    Path(
        ("AF", "Kunduz"),
        (PANJI_POYON, SARIOSIYO, GISHTKUPRIK, ZHIBEK_ZHOLY, SYRYM, MASHTAKOVO),
        ("RU", "Samara"),
        (HEROIN, OPIUM, HASHISH, METH),
        8,
    ),
    Path(("AF", "Faizabad"), (ISHKASHIM, BORDOBO, AK_JOL, KORDAY, PETUKHOVO), ("RU", "Yekaterinburg"), (HEROIN, OPIUM, HASHISH), 6),
    Path(("AF", "Mazar-i-Sharif"), (HAYRATON, GISHTKUPRIK, SARYAGASH, SAGARCHIN), ("RU", "Orenburg"), (HEROIN, OPIUM, METH, HASHISH), 6),
    Path(("AF", "Herat"), (SERHETABAT, FARAP, SARYAGASH, SYRYM), ("RU", "Saratov"), (HEROIN, HASHISH, METH), 4),
    Path(("IR", "Mashhad"), (SARAHS, TURKMENBASHI, ALAT, RED_BRIDGE), ("GE", "Tbilisi"), (METH, HEROIN, TRAMADOL), 4),
    Path(("IR", "Tabriz"), (BILASUVAR, ASTARA, RED_BRIDGE), ("GE", "Batumi"), (HEROIN, METH, OPIUM, HASHISH), 4),
    Path(("IR", "Rasht"), (ASTARA, ALAT, AKTAU, KARAUZEK), ("RU", "Astrakhan"), (HEROIN, METH), 3),
    Path(("RU", "Moscow"), (MASHTAKOVO, SYRYM, KORDAY, AK_JOL), ("KG", "Bishkek"), (MEPHEDRONE, ALPHA_PVP, MDMA, COCAINE), 6),
    Path(("RU", "Novosibirsk"), (PETUKHOVO, KORDAY, DOSTUK, GISHTKUPRIK), ("UZ", "Tashkent"), (MEPHEDRONE, ALPHA_PVP, MDMA), 4),
    Path(("CN", "Urumqi"), (KHORGOS, KORDAY, IRKESHTAM, BORDOBO), ("AF", "Kunduz"), (ANHYDRIDE, ACID, TRAMADOL, PREGABALIN), 3),
    Path(("RU", "Volgograd"), (KARAUZEK, AKTAU, FARAP, SERHETABAT), ("AF", "Herat"), (ANHYDRIDE, ACID), 2),
    Path(("KZ", "Shu"), (KORDAY, PETUKHOVO, SAGARCHIN), ("RU", "Chelyabinsk"), (CANNABIS, HASHISH), 5),
    Path(("TJ", "Khujand"), (FOTEHOBOD, GISHTKUPRIK, ZHIBEK_ZHOLY), ("KZ", "Almaty"), (TRAMADOL, PREGABALIN, HASHISH), 3),
)

CONCEALMENTS = (
    "fuel tank",
    "в полости двери",
    "spare wheel",
    "среди груза сухофруктов",
    "false floor",
    "в тайнике под кабиной",
    "hollowed pallets",
    "в мешках с луком",
    "swallowed",
    "в подошве обуви",
    "inside batteries",
    "в рулонах ткани",
    "refrigerator panel",
    "в бочках с томатной пастой",
)
DECLARED = ("dried fruit", "onions", "cotton yarn", "marble tiles", "household goods", "томатная паста", "сухофрукты", "cement", "melons")
MAKES = (
    ("truck", "KAMAZ"),
    ("truck", "MAN TGX"),
    ("truck", "Volvo FH"),
    ("car", "Toyota Camry"),
    ("car", "Lada Granta"),
    ("car", "Opel Astra"),
    ("bus", "Yutong"),
)
FIRST = (
    ("Бахтиёр", "Bakhtiyor"),
    ("Рустам", "Rustam"),
    ("Азамат", "Azamat"),
    ("Нурлан", "Nurlan"),
    ("Эльчин", "Elchin"),
    ("Сергей", "Sergey"),
    ("Довлет", "Dovlet"),
    ("Шухрат", "Shukhrat"),
    ("Айгуль", "Aigul"),
    ("Мадина", "Madina"),
)
LAST = (
    ("Каримов", "Karimov"),
    ("Рахимов", "Rahimov"),
    ("Кадыров", "Qodirov"),
    ("Исмаилов", "Ismailov"),
    ("Мамедов", "Mammadov"),
    ("Иванов", "Ivanov"),
    ("Атаев", "Atayev"),
    ("Юсупов", "Yusupov"),
    ("Назаров", "Nazarov"),
    ("Сафаров", "Safarov"),
)
