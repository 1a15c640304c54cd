"""Posts on the way that know of the consignment: one that does not may seize it while it is followed."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.acts.base import ActBase
from schemas.bounds import Country, Instant, Line, Strict


class InformedPost(Strict):
    """Who was told at one post, by whom, when and by what means. `post` is a crossing's; whoever has none there is a `unit`."""

    country: Country
    post: Line | None = Field(None, description="As the gazetteer of border crossings names it on this country's side: /v1/crossings")
    unit: Line | None = Field(None, description="A mobile patrol, a police unit, a post that the gazetteer lacks: never a crossing's post")
    told: Line = Field(description="Who was told there: name, with rank or function")
    told_by: Line = Field(description="Who told them: name, with agency or rank")
    at: Instant
    means: Literal["telephone", "radio", "secure_channel", "in_writing", "in_person"]

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.post is None) == (self.unit is None):
            raise ValueError("name either the crossing's post or a unit that has none: post or unit, one of them")
        return self


InformedPosts = Annotated[tuple[InformedPost, ...], Field(max_length=120)]


class PostsInformed(ActBase):
    """Posts that were told: by whichever party told them, before the checklist or while the delivery is under way."""

    act: Literal["posts_informed"]
    informed_posts: Annotated[InformedPosts, Field(min_length=1)]
