"""Posts on the way in the exercise: each state tells its own, one is forgotten, and the checklist names it."""

from datetime import datetime

from streams.simulate.exercise_cast import KG, KZ, LEAD, RU
from streams.simulate.exercise_story import Happening, Json, Shows, Step, after


def told(country: str, post: str, officer: str, began: datetime, means: str = "telephone") -> Json:
    """A post by its name in the gazetteer, told by that state's own officer."""
    by = f"УЧЕНИЕ: капитан Учебнов {country}-2"
    return {"country": country, "post": post, "told": officer, "told_by": by, "at": after(began, -1), "means": means}


def declared(checklist: Json, began: datetime) -> tuple[Happening, ...]:
    """`checklist`: what the lead declares beside the posts."""
    own = [
        told("TJ", "Panji Poyon", "УЧЕНИЕ: майор Учебнов TJ-3, начальник смены", began),
        told("TJ", "Karamyk", "УЧЕНИЕ: капитан Учебнов TJ-4, начальник смены", began, "radio"),
    ]
    ready = checklist | {"informed_posts": own}
    return (
        _telling(
            "kg-posts",
            KG,
            [
                told("KG", "Karamyk", "УЧЕНИЕ: капитан Учебнов KG-3, начальник смены", began),
                told("KG", "Ak-Jol", "УЧЕНИЕ: майор Учебнов KG-4, дежурный таможни", began, "secure_channel"),
            ],
            "Kyrgyzstan tells its two posts on the way, and says who was told there",
        ),
        _telling(
            "kz-posts",
            KZ,
            [told("KZ", "Korday", "УЧЕНИЕ: капитан Учебнов KZ-3, начальник смены", began)],
            "Kazakhstan tells the post at which the lorry enters, and forgets the one by which it leaves",
        ),
        Step(
            "uninformed",
            LEAD,
            "ready",
            ready,
            "the lead would declare readiness and is refused: the checklist names the post that does not know",
            refused="Syrym (KZ) where leg 4 ends",
            inject="uninformed post",
        ),
        _telling(
            "kz-syrym",
            KZ,
            [told("KZ", "Syrym", "УЧЕНИЕ: майор Учебнов KZ-4, начальник смены", began)],
            "Kazakhstan tells Syrym too. Of Russia, which has not consented, no post is told yet",
            "the board, posts on the way: all of the consented legs informed, Mashtakovo later",
        ),
        Step(
            "ready",
            LEAD,
            "ready",
            ready,
            "12.28 of 12.48 kg are replaced and sealed anew; posts are informed by name, a mobile group of Kazakhstan's customs is not",
            shows=Shows("A", status="declared"),
        ),
    )


def onward(began: datetime) -> tuple[Happening, ...]:
    """Where Russia has consented it tells its post."""
    post = told("RU", "Mashtakovo", "УЧЕНИЕ: капитан Учебнов RU-3, начальник смены", began)
    return (_telling("ru-posts", RU, [post], "and tells Mashtakovo: without that, twenty minutes before the handover it would be no go"),)


def _telling(name: str, who: str, posts: list[Json], words: str, look: str = "") -> Step:
    return Step(name, who, "posts_informed", {"informed_posts": posts}, words, look)
