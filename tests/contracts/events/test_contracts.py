from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from oms.orders import codec
from oms.orders.codec import (
    EVENT_TYPES,
    LIFTS,
    VERSIONS,
    dump_contact,
    dump_events,
    from_data,
    load_contact,
    load_events,
    to_data,
    version_of,
)
from oms.orders.contact import Address, Contact
from tests.contracts.events.contract import WHAT_TO_DO, contract, contracts, path_of, schema_of

PERSONAL = {"name", "email", "phone", "company", "line1", "line2", "city", "postal_code", "shipping", "billing", "ip"}

every_contract = pytest.mark.parametrize(("name", "version"), contracts(), ids=lambda value: str(value))
every_event = pytest.mark.parametrize("name", sorted(EVENT_TYPES))


def test_every_event_has_a_contract_of_its_present_and_of_every_older_version() -> None:
    expected = sorted((name, version) for name in EVENT_TYPES for version in range(1, version_of(name) + 1))
    assert contracts() == expected, "run `python -m tests.contracts.events.contract`, then fill in the examples"
    for name, version in expected:
        assert (contract(name, version)["type"], contract(name, version)["v"]) == (name, version)


def test_every_older_version_is_lifted_to_the_next() -> None:
    assert set(LIFTS) == {(name, version) for name in VERSIONS for version in range(1, version_of(name))}


@every_contract
def test_what_was_ever_written_is_read_by_todays_code(name: str, version: int) -> None:
    event = from_data(name, version, contract(name, version)["data"])
    assert type(event) is EVENT_TYPES[name]


@every_event
def test_what_is_read_is_written_again_as_it_was(name: str) -> None:
    data = contract(name, version_of(name))["data"]
    written = to_data(from_data(name, version_of(name), data))
    assert json.dumps(written) == json.dumps(data), "the same fields in the same order, so that logs can be compared"


@every_event
def test_a_change_of_shape_is_a_new_version(name: str) -> None:
    version = version_of(name)
    file = path_of(name, version).name
    assert schema_of(name) == contract(name, version)["schema"], WHAT_TO_DO.format(
        name=name, version=version, file=file
    )


@every_contract
def test_an_example_obeys_its_schema_and_fills_every_field(name: str, version: int) -> None:
    schema, data = contract(name, version)["schema"], contract(name, version)["data"]
    jsonschema.validate(data, schema, format_checker=jsonschema.FormatChecker())
    assert list(_empty_fields(data, schema, schema, name)) == []


def _empty_fields(data: Any, schema: dict[str, Any], root: dict[str, Any], path: str) -> Iterator[str]:
    """Fields of the schema that the example leaves out or leaves at their default."""
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            yield from _empty_fields(data, option, root, path)
    if "$ref" in schema:
        yield from _empty_fields(data, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, path)
    if schema.get("type") == "array":
        if not data:
            yield path
        for each in data:
            yield from _empty_fields(each, schema["items"], root, f"{path}[]")
    for name, field in schema.get("properties", {}).items():
        if name not in data or data[name] == field.get("default", object()):
            yield f"{path}.{name}"
        else:
            yield from _empty_fields(data[name], field, root, f"{path}.{name}")


@every_event
def test_what_has_a_default_may_be_left_out_and_is_not_written(name: str) -> None:
    """A default is part of the contract: it is what an event means that does not say."""
    data = _required_only(contract(name, version_of(name))["data"], schema_of(name), schema_of(name))
    assert to_data(from_data(name, version_of(name), data)) == data


def _required_only(data: Any, schema: dict[str, Any], root: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _required_only(data, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if schema.get("type") == "array":
        return [_required_only(each, schema["items"], root) for each in data]
    if "properties" in schema:
        fields = schema["properties"]
        return {
            key: _required_only(data[key], fields[key], root) for key in fields if key in schema.get("required", ())
        }
    return data


@every_event
def test_no_event_has_a_field_for_personal_data(name: str) -> None:
    """Contact and address stand beside the events of an entry, where they can be erased, and nowhere else."""
    schema = schema_of(name)
    fields = set(schema["properties"]).union(*(each.get("properties", ()) for each in schema.get("$defs", {}).values()))
    assert not fields & PERSONAL


def test_the_events_of_an_entry_are_told_apart_by_type_and_version() -> None:
    names = sorted(EVENT_TYPES)
    events = [from_data(name, version_of(name), contract(name, version_of(name))["data"]) for name in names]
    text = dump_events(events)
    assert [(item["type"], item["v"]) for item in json.loads(text)] == [(name, version_of(name)) for name in names]
    assert load_events(text) == tuple(events)


def test_a_field_that_newer_code_wrote_is_passed_over() -> None:
    """While a new release is rolled out, old and new code read each other's events."""
    data = contract("HoldReleased", 1)["data"] | {"released_by_a_machine": True}
    assert from_data("HoldReleased", 1, data) == from_data("HoldReleased", 1, contract("HoldReleased", 1)["data"])


def test_an_unknown_event_is_an_error_and_not_silence() -> None:
    with pytest.raises(KeyError):
        load_events('[{"type": "OrderExploded", "v": 1, "data": {}}]')


@pytest.fixture
def third_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the note of a released hold had once been its `reason`, and before that a list of words."""
    monkeypatch.setitem(codec.VERSIONS, "HoldReleased", 3)
    monkeypatch.setitem(
        codec.LIFTS, ("HoldReleased", 1), lambda d: {"handle": d["handle"], "reason": " ".join(d["words"])}
    )
    monkeypatch.setitem(codec.LIFTS, ("HoldReleased", 2), lambda d: {"handle": d["handle"], "note": d["reason"]})


@pytest.mark.usefixtures("third_version")
@pytest.mark.parametrize(
    ("version", "data"),
    [
        (1, {"handle": "hold-1", "words": ["ada", "called"]}),
        (2, {"handle": "hold-1", "reason": "ada called"}),
        (3, {"handle": "hold-1", "note": "ada called"}),
    ],
)
def test_an_old_event_is_lifted_version_by_version_when_it_is_read(version: int, data: dict[str, Any]) -> None:
    [event] = load_events(json.dumps([{"type": "HoldReleased", "v": version, "data": data}]))
    assert to_data(event) == {"handle": "hold-1", "note": "ada called"}
    assert json.loads(dump_events([event]))[0]["v"] == 3, "what is written now is of the present version"


@pytest.mark.usefixtures("third_version")
def test_a_version_without_a_lift_is_an_error_and_not_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(codec.LIFTS, ("HoldReleased", 2))
    with pytest.raises(KeyError):
        from_data("HoldReleased", 1, {"handle": "hold-1", "words": []})


def test_a_contact_is_written_without_what_is_empty_and_reads_as_it_was() -> None:
    home = Address(name="Ada", line1="Graben 1", city="Wien", postal_code="1010", country="AT")
    contact = Contact(name="Ada", email="ada@customer.example", shipping=home)
    assert json.loads(dump_contact(contact)) == {
        "name": "Ada",
        "email": "ada@customer.example",
        "shipping": {"name": "Ada", "line1": "Graben 1", "city": "Wien", "postal_code": "1010", "country": "AT"},
    }
    assert load_contact(dump_contact(contact)) == contact
    assert load_contact("{}") == Contact()
