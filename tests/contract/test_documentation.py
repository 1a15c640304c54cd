"""What people read is what the code says: every setting and channel, and the report shown as an example."""

from pathlib import Path

import pytest

from schemas import channels
from streams import settings

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("page", "text", "command"),
    [
        ("settings.md", settings.documentation(), "python -m streams.settings > docs/settings.md"),
        ("channels.md", channels.documentation(), "python -m schemas.channels > docs/channels.md"),
    ],
)
def test_generated_pages_are_up_to_date(page, text, command):
    assert (ROOT / "docs" / page).read_text() == text, f"run {command}"


def test_every_setting_says_what_it_does():
    assert [name for name, field in settings.Settings.model_fields.items() if not field.description] == []


def test_every_decision_page_has_context_decision_and_consequences():
    for page in (ROOT / "docs" / "decisions").glob("[0-9]*.md"):
        text = page.read_text().lower()
        missing = [word for word in ("context", "decision", "consequences") if f"## {word}" not in text]
        assert not missing, f"{page.name} lacks {missing}"
