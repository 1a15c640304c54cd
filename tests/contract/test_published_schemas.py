"""What is published is what the models say, and stays usable for those who use it already."""

import copy
import json
import subprocess
import sys

import jsonschema
import pytest
from pydantic import ValidationError

from schemas import publish
from schemas.channels import BY_NAME, CHANNELS, KIND_CHANNELS
from schemas.compatibility import breaking_changes
from schemas.reports import read_report
from tests.examples import EXAMPLES, SEIZURE

SEIZURE_SCHEMA = publish.json_schemas()["Seizure"]


def test_published_files_are_what_the_models_say():
    assert publish.stale() == [], "run python -m schemas.publish"


def test_models_accept_what_the_committed_schemas_promised():
    assert publish.incompatible() == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_valid_by_the_model_and_by_the_published_schema(name):
    read_report(json.dumps(EXAMPLES[name]))
    schema = json.loads((publish.PUBLISHED / "Report.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(EXAMPLES[name])


@pytest.mark.parametrize(
    "mangle",
    [
        lambda report: report.update(colour="red"),
        lambda report: report.pop("place"),
        lambda report: report.update(revision=0),
        lambda report: report["handling"].update(tlp="PURPLE"),
        lambda report: report.update(occurred="18.03.2026"),
    ],
    ids=["unknown field", "missing field", "bound", "enum", "pattern"],
)
def test_model_and_published_schema_refuse_the_same(mangle):
    report = copy.deepcopy(SEIZURE)
    mangle(report)
    with pytest.raises(ValidationError):
        read_report(json.dumps(report))
    assert not jsonschema.Draft202012Validator(SEIZURE_SCHEMA).is_valid(report)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: s["properties"].pop("street_value"), "street_value: removed"),
        (lambda s: s["required"].append("title"), "title: is now required"),
        (lambda s: s["properties"]["revision"].update(maximum=10), "revision: maximum was 1000000, is 10"),
        (lambda s: s["properties"]["method"]["anyOf"][0]["enum"].remove("dog"), "method: no longer accepts dog"),
        (lambda s: s["$defs"]["Substance"]["properties"]["name"].update(maxLength=10), "substances[].name: maxLength was 400, is 10"),
        (lambda s: s["properties"]["report_id"].update(pattern="^x$"), "report_id: pattern was"),
    ],
)
def test_a_breaking_change_for_agencies_is_named(change, expected):
    changed = copy.deepcopy(SEIZURE_SCHEMA)
    change(changed)
    found = breaking_changes(SEIZURE_SCHEMA, changed, "written by agencies")
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_an_added_optional_field_and_a_wider_bound_break_nobody():
    changed = copy.deepcopy(SEIZURE_SCHEMA)
    changed["properties"]["weather"] = {"type": "string"}
    changed["properties"]["revision"]["maximum"] = 2_000_000
    assert breaking_changes(SEIZURE_SCHEMA, changed, "written by agencies") == []


def test_a_field_that_readers_rely_on_may_not_go():
    receipt = publish.json_schemas()["Receipt"]
    changed = copy.deepcopy(receipt)
    changed["required"].remove("status")
    assert breaking_changes(receipt, changed, "written by the centre") == ["status: is now required (seen from its readers)"]


def test_every_channel_has_a_published_value_an_owner_and_a_place_in_asyncapi():
    document = publish.asyncapi()
    addresses = {channel["address"] for channel in document["channels"].values()}
    for channel in CHANNELS:
        assert (publish.PUBLISHED / f"{channel.value}.json").exists()
        assert channel.writers, channel.name
        assert "{space}." + channel.name in addresses
    assert set(KIND_CHANNELS.values()) <= set(BY_NAME)
    referenced = {message["payload"]["schema"]["$ref"] for message in document["components"]["messages"].values()}
    assert all((publish.PUBLISHED / name).exists() for name in referenced)


def test_agencies_may_write_their_inbound_topic_and_read_nothing():
    assert [channel.name for channel in CHANNELS if "agency" in channel.writers] == ["inbound.{agency}"]
    assert not [channel.name for channel in CHANNELS if "agency" in channel.readers]


def test_the_language_needs_pydantic_and_the_standard_library_only():
    script = """
import importlib, pkgutil, sys
class Refuse:
    allowed = set(sys.stdlib_module_names) | {"pydantic", "pydantic_core", "annotated_types", "typing_extensions"}
    allowed |= {"typing_inspection", "schemas"}
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.allowed and not name.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"{name} is not in the base install")
sys.meta_path.insert(0, Refuse())
import schemas
for module in pkgutil.iter_modules(schemas.__path__):
    importlib.import_module(f"schemas.{module.name}")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
