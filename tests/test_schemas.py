"""The JSON Schemas: they take what the commands take, and refuse misspelt members."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from cli_world import ROOT, invoke
from ssoroute.asking.table import clients
from ssoroute.cli.schema import NAMES
from ssoroute.configuration.reader import read_configuration
from ssoroute.loaders.device_file import load_device
from ssoroute.model.decision import Outcome, Reason
from ssoroute.model.device import Approval
from ssoroute.model.errors import InvalidInputError
from ssoroute.model.profile import Channel
from ssoroute.model.spelling import Spelling
from ssoroute.routing.router import Matching
from ssoroute.testing import load_table

jsonschema = pytest.importorskip("jsonschema")

READERS: Final[dict[str, Callable[[str], object]]] = {
    "table": load_table,
    "device": load_device,
    "config": read_configuration,
}
ROW: Final = {"url": "https://h.example/", "outcome": "handle"}


def schema_of(name: str) -> Any:
    done = invoke("schema", name)
    assert (done.exit_code, done.stderr) == (0, "")
    return json.loads(done.stdout)


def takes(name: str, value: object) -> bool:
    valid: bool = jsonschema.Draft7Validator(schema_of(name)).is_valid(value)
    return valid


def as_toml(value: object) -> str:
    """The table `value` as TOML, each member in one line."""
    assert isinstance(value, dict)
    return "".join(f"{json.dumps(key)} = {_inline(item)}\n" for key, item in value.items())


def _inline(value: object) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(key)} = {_inline(item)}" for key, item in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value)


def is_read(name: str, value: object, folder: Path) -> bool:
    """Whether the command reads the file that holds `value`."""
    file = folder / ("ssoroute.toml" if name == "config" else "x.json")
    file.write_text(as_toml(value) if name == "config" else json.dumps(value))
    try:
        READERS[name](str(file))
    except InvalidInputError:
        return False
    return True


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_schema_in_which_everything_is_described(name: str) -> None:
    schema = schema_of(name)
    jsonschema.Draft7Validator.check_schema(schema)
    assert (ROOT / "src/ssoroute/schemas" / f"{name}.schema.json").read_text().isascii()
    described = [schema, *schema.get("definitions", {}).values()]
    for place in described:
        assert place["additionalProperties"] is False
        for member in place["properties"].values():
            assert member["description"].endswith(".")


def test_the_example_configuration_is_valid() -> None:
    (file,) = ROOT.glob("examples/**/ssoroute.toml")
    assert takes("config", tomllib.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("examples/**/*.routes.toml")), ids=lambda f: f.name
)
def test_the_example_tables_are_valid(file: Path) -> None:
    assert takes("table", tomllib.loads(file.read_text(encoding="utf-8")))


def blocks() -> list[tuple[str, Any]]:
    """The TOML files of the pages: tables and devices."""
    found = []
    for page in sorted(ROOT.glob("docs/*.md")):
        for text in re.findall(r"^```toml\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
            value = tomllib.loads(text)
            if "routes" in value and "profiles" in value:
                found.append(("table", value))
            elif "targets" in value:
                found.append(("config", value))
            elif value.keys() & {"platform", "installed_extensions"}:
                found.append(("device", value))
    return found


def test_the_files_of_the_pages_are_valid() -> None:
    assert {name for name, _ in blocks()} == {"table", "device", "config"}
    for name, value in blocks():
        assert takes(name, value), value


def members_of(value: Any) -> list[tuple[Any, str]]:
    """Every member in `value`, with the object that holds it; not those whose names are data."""
    if isinstance(value, list):
        return [found for item in value for found in members_of(item)]
    if not isinstance(value, dict):
        return []
    own = [(value, name) for name in value]
    named = ("associated_domains", "severities")
    inner = [found for key, item in value.items() if key not in named
             for found in members_of(item)]  # fmt: skip
    return own + inner


def test_a_misspelt_member_is_refused(tmp_path: Path) -> None:
    for name, value in blocks():
        for number in range(len(members_of(value))):
            wrong = copy.deepcopy(value)
            place, member = members_of(wrong)[number]
            place[f"{member}x"] = place.pop(member)
            assert not takes(name, wrong), member
            assert not is_read(name, wrong, tmp_path), member


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device", {}),
        ("device", {"$schema": "./device.schema.json", "platform": "IPADOS"}),
        ("device", {"installed_extensions": ["a", {"bundle_id": "a"}]}),
        ("device", {"associated_domains": {"a": {"[::1]:8443": "approved", "H": "not_approved"}}}),
        ("device", {"apple_account_urls": ["HTTPS://h/", "http://h"]}),
        ("table", {"$schema": "x", "profiles": "p", "routes": [ROW]}),
        ("table", {"profiles": ["p"], "routes": [ROW | {"extension": False, "rule": False}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"extension": {"bundle_id": "a"}}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"client": "safari", "caller": None}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"client": None, "app": None}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"client": "webview", "app": "a.b"}]}),
        ("table", {"profiles": "p", "device": {"version": "15.4"}, "routes": [ROW]}),
        ("table", {"profiles": "p", "routes": [{"url": "host://x", "reason": "no_match"}]}),
        ("table", {"profiles": "p", "routes": [dict.fromkeys(["name", "caller"]) | ROW]}),
        ("config", {}),
        ("config", {"profiles": [], "os": "iPadOS", "channel": "user", "tables": ["a"]}),
        ("config", {"targets": ["MACOS@15.4", "ios"], "device": "a", "user": "b"}),
        ("config", {"check": {"select": ["sso2", "SSO202"], "severity": "info"}}),
        ("config", {"check": {"severities": {"SSO2": "error"}, "baseline": "a"}}),
        ("config", {"check": {"per_path": [{"path": "a", "ignore": ["SSO801"]}]}}),
    ],
)
def test_what_the_commands_read_is_valid(name: str, value: object, tmp_path: Path) -> None:
    assert is_read(name, value, tmp_path)
    assert takes(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device", []),
        ("device", {"platform": "tvOS"}),
        ("device", {"version": 15}),
        ("device", {"version": "15.x"}),
        ("device", {"installed_extensions": [{"team_id": "a"}]}),
        ("device", {"associated_domains": {"a": {"h": "unknown"}}}),
        ("device", {"associated_domains": {"a": {"https://h": "approved"}}}),
        ("device", {"apple_account_urls": ["https://h/*"]}),
        ("table", {}),
        ("table", {"profiles": [], "routes": [ROW]}),
        ("table", {"profiles": "p", "routes": []}),
        ("table", {"profiles": "p", "routes": [{"url": "https://h/"}]}),
        ("table", {"profiles": "p", "routes": [{"url": "https://h/", "outcome": None}]}),
        ("table", {"profiles": "p", "routes": [{"outcome": "handle"}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"outcome": "handled"}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"extension": True}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"response_code": "401"}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"client": "safari", "caller": "a"}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"client": "crome"}]}),
        ("table", {"profiles": "p", "routes": [ROW | {"app": "a"}]}),
        ("table", {"profiles": "p", "matching": "loose", "routes": [ROW]}),
        ("config", {"profiles": "a"}),
        ("config", {"os": "tvOS@17"}),
        ("config", {"targets": ["macOS@x"]}),
        ("config", {"channel": "both"}),
        ("config", {"check": {"ignore": ["X801"]}}),
        ("config", {"check": {"severities": {"SSO202": "fatal"}}}),
        ("config", {"check": {"per_path": [{"ignore": ["SSO801"]}]}}),
    ],
)
def test_what_the_commands_refuse_is_not_valid(name: str, value: object, tmp_path: Path) -> None:
    assert not is_read(name, value, tmp_path)
    assert not takes(name, value)


def test_the_values_are_those_of_the_code() -> None:
    table, device = schema_of("table"), schema_of("device")
    row = table["definitions"]["row"]["properties"]
    written = {
        "client": [None, *(client.name for client in clients())],
        "outcome": [*map(str, Outcome), None],
        "reason": [*map(str, Reason), None],
    }
    assert {name: row[name]["enum"] for name in written} == written
    assert table["properties"]["channel"]["enum"] == list(map(str, Channel))
    assert table["properties"]["matching"]["enum"] == list(map(str, Matching))
    assert sorted(table["properties"]["spelling"]["enum"]) == sorted(map(str, Spelling))
    hosts = device["properties"]["associated_domains"]["additionalProperties"]
    assert hosts["additionalProperties"]["enum"] == list(map(str, Approval))


def test_the_configuration_has_the_keys_of_its_reader(tmp_path: Path) -> None:
    schema = schema_of("config")
    check = schema["properties"]["check"]
    one = check["properties"]["per_path"]["items"]
    path = tmp_path / "ssoroute.toml"
    path.write_text('zz = 1\n[check]\nzz = 1\n[[check.per_path]]\npath = "a"\nzz = 1\n')
    with pytest.raises(InvalidInputError) as caught:
        read_configuration(str(path))
    known = [problem.rpartition("known are ")[2].split(", ") for problem in caught.value.problems]
    assert known[:2] == [list(schema["properties"]), list(check["properties"])]
    assert known[2] == list(one["properties"])


def test_both_schemas_have_the_same_device() -> None:
    inner, device = schema_of("table")["definitions"]["device"], schema_of("device")
    del device["properties"]["$schema"], device["$schema"], device["title"]
    assert inner == device


def test_an_unknown_name_is_refused() -> None:
    done = invoke("schema", "tabel")
    assert done.exit_code == 2
    assert "'table', 'device', 'config'" in done.stderr
