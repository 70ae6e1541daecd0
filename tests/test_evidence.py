"""The table of facts and experiments: the page, the marks, the profiles, and what they predict."""

from __future__ import annotations

import json
import plistlib
from pathlib import Path

import pytest
from evidence_page import DOC, evidence_markdown

from cli_world import invoke
from ssoroute.asking.table import clients
from ssoroute.evidence.profiles import Extensions, profile_text
from ssoroute.evidence.table import Experiment, experiments, facts
from ssoroute.loaders import load
from ssoroute.model.authority import Authority
from ssoroute.model.device import Device
from ssoroute.model.profile import Profile
from ssoroute.routing.router import Router

EXPERIMENTS = list(experiments().values())
SECTIONS = {
    *("§2", "§3", "§4", "§4.1", "§4.2", "§4.3", "§5", "§6", "§7", "§8"),
    *("clients", "after routing"),
}


def test_the_page_is_written_from_the_table() -> None:
    assert DOC.read_text(encoding="utf-8") == evidence_markdown(), "run tools/evidence_page.py"


def test_the_section_of_every_fact_is_known() -> None:
    assert {fact.section for fact in facts()} == SECTIONS


def test_what_is_not_documented_has_an_experiment() -> None:
    for fact in facts():
        assert bool(fact.settle) == (fact.authority is not Authority.DOCUMENTED), fact.name
        assert not fact.settle or fact.settle in experiments(), fact.name


def test_every_experiment_settles_something() -> None:
    assert all(experiment.settles for experiment in EXPERIMENTS)


def test_every_client_has_a_fact_with_its_mark() -> None:
    ways = {
        (client.name, way.label): {w.authority for w in client.ways if w.label == way.label}
        for client in clients()
        for way in client.ways
    }
    told = {(fact.client, fact.label): fact for fact in facts() if fact.client}
    assert set(told) == set(ways)
    for fact in facts():
        if fact.client:
            assert fact.authority in ways[fact.client, fact.label], fact.name


# The profiles


def profiles_of(experiment: Experiment) -> list[Profile]:
    found: list[Profile] = []
    for sketch in experiment.profiles:
        text = profile_text(experiment, sketch, Extensions())
        loaded = load(text.encode())
        assert not loaded.errors
        found += loaded
    return found


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.name)
def test_the_profiles_are_whole(experiment: Experiment) -> None:
    seen = set()
    for sketch in experiment.profiles:
        document = plistlib.loads(profile_text(experiment, sketch, Extensions()).encode())
        parts = [document, *document["PayloadContent"]]
        for part in parts:
            required = {"PayloadType", "PayloadIdentifier", "PayloadUUID", "PayloadVersion"}
            assert required <= set(part)
            seen.add((part["PayloadUUID"], part["PayloadIdentifier"]))
        assert document["PayloadType"] == "Configuration"
        assert [part["PayloadType"] for part in parts[1:]] == ["com.apple.extensiblesso"] * (
            len(parts) - 1
        )
    assert len({uuid for uuid, _ in seen}) == len({identifier for _, identifier in seen})


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.name)
def test_the_model_answers_as_the_experiment_says(experiment: Experiment) -> None:
    extensions = Extensions()
    domains = {
        **dict.fromkeys(experiment.approved, "approved"),
        **dict.fromkeys(experiment.not_approved, "not_approved"),
    }
    device = Device("macOS", associated_domains={extensions.first: domains} if domains else None)
    router = Router.from_profiles(profiles_of(experiment), device=device)
    assert len(router.refused) == experiment.refused
    for expected in experiment.requests:
        asked = expected.request
        caller = extensions.named(asked.caller) if asked.caller else None
        decision = router.route(extensions.named(asked.url), caller, *asked.arguments[2:])
        assert decision.outcome == expected.outcome, expected.url
        if expected.gets == "system":
            assert decision.reason == "system_extension"
        elif expected.gets:
            assert decision.extension is not None
            assert decision.extension.bundle_id == extensions.named(expected.gets)


def test_the_experiments_that_refuse_say_what() -> None:
    assert {one.name: one.refused for one in EXPERIMENTS if one.refused} == {
        "refusals": 3,
        "claims": 2,
        "platform-sso": 1,
    }


# The command line


def test_the_list() -> None:
    result = invoke("experiment")
    assert result.exit_code == 0
    blocks = result.stdout.split("\n\n")
    assert [block.partition(":")[0] for block in blocks] == list(experiments())
    assert (
        "wildcard: From which version on is a `*` in a prefix a wildcard?\n"
        "  From macOS 15, iOS 18 and visionOS 2 on, a `*` in the path of a prefix matches any"
        " run of\n"
        "    characters; before, it is a character. [observed]\n"
    ) in result.stdout


def test_one_experiment() -> None:
    result = invoke("experiment", "wildcard", "--extension=org.example.sso", "--team=TEAM123456")
    assert result.exit_code == 0
    heads = [line for line in result.stdout.splitlines() if line and line[0] not in " <"]
    assert heads == [
        "wildcard: From which version on is a `*` in a prefix a wildcard?",
        "what it would settle",
        "what you need",
        "profile star",
        "requests, and what the model expects",
        "steps",
        "what to look for",
    ]
    assert "<string>org.example.sso</string>" in result.stdout
    assert "<string>TEAM123456</string>" in result.stdout
    assert (
        "  https://star.example.com/t/42/login/next (Safari)\n"
        "    handle: org.example.sso gets it\n"
        "  https://star.example.com/t/login (Safari)\n"
        "    do_not_handle\n"
    ) in result.stdout


def test_a_profile_alone_can_be_installed_and_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("experiment", "channels", "--profile", "user")
    Path("user.mobileconfig").write_text(result.stdout, encoding="utf-8")
    assert plistlib.loads(result.stdout.encode())["PayloadScope"] == "User"
    shown = invoke("route", "-puser.mobileconfig", "https://channel.example.com/")
    assert shown.stdout.startswith("handle  com.example.other.ssoextension  ")
    assert not shown.stderr


def test_json() -> None:
    document = json.loads(invoke("experiment", "wildcard", "--json").stdout)
    assert list(document) == ["schema", "experiments"]
    (one,) = document["experiments"]
    assert list(one) == [
        "name",
        "title",
        "settles",
        "needs",
        "profiles",
        "requests",
        "steps",
        "look_for",
    ]
    assert one["settles"] == [
        {
            "name": "wildcard",
            "section": "§4.1",
            "text": "From macOS 15, iOS 18 and visionOS 2 on, a `*` in the path of a prefix matches"
            " any run of characters; before, it is a character.",
            "authority": "observed",
        }
    ]
    assert one["requests"][0] == {
        "how": "Safari",
        "url": "https://star.example.com/t/42/login/next",
        "code": 0,
        "outcome": "handle",
        "gets": "EXTENSION",
    }
    assert len(json.loads(invoke("experiment", "--json").stdout)["experiments"]) == 27


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wildcrd"], "unknown experiment `wildcrd`, did you mean `wildcard`?"),
        (["--profile=x"], "--profile goes with the name of an experiment"),
        (
            ["wildcard", "--profile=stat"],
            "the experiment `wildcard` has no profile `stat`, did you mean `star`?",
        ),
    ],
)
def test_misuse(arguments: list[str], message: str) -> None:
    result = invoke("experiment", *arguments)
    assert result.exit_code == 2
    assert result.stderr.rstrip().endswith(message)
