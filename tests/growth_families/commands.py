"""Commands with each of their options, as people run them."""

from __future__ import annotations

import json
from typing import Final

from cli_world import invoke
from growth_families.family import Family, Work, WorkOn, urls, written
from loading_samples import DECLARATION, REDIRECT, profile, xml


def written_profile(size: int) -> str:
    return written(xml(profile(REDIRECT | {"URLs": urls(size)})), ".mobileconfig")


def running(*arguments: str, statuses: tuple[int, ...] = (0,)) -> Work:
    """The work of a command, which is known to succeed."""
    assert invoke(*arguments).exit_code in statuses
    return lambda: invoke(*arguments)


def on_profiles(*arguments: str) -> WorkOn:
    """A command with the profile of so many URLs at its end."""

    def work_on(size: int) -> Work:
        return running(*arguments, written_profile(size), statuses=(0, 1))

    return work_on


def on_requests(*arguments: str) -> WorkOn:
    """A command with a file of so many requests at its end."""
    path = written_profile(10)

    def work_on(size: int) -> Work:
        lines = "".join(json.dumps({"url": url}) + "\n" for url in urls(size))
        command, *options = arguments
        return running(command, "-p", path, *options, written(lines, ".jsonl"))

    return work_on


def on_urls(*arguments: str) -> WorkOn:
    """A command with so many URLs at its end."""
    path = written_profile(10)

    return lambda size: running(*arguments, "-p", path, *urls(size))


def testing(*arguments: str) -> WorkOn:
    path = written_profile(10)

    def work_on(size: int) -> Work:
        rows = [{"url": url, "outcome": "handle"} for url in urls(10)] * size
        table = written(json.dumps({"profiles": path, "routes": rows}), ".json")
        return running("test", *arguments, table)

    return work_on


def on_both_sides(*arguments: str) -> WorkOn:
    def work_on(size: int) -> Work:
        sides = written_profile(size), written_profile(size // 2)
        return running("diff", *arguments, *sides, statuses=(1,))

    return work_on


def on_comments(*arguments: str) -> WorkOn:
    """A command with a profile in which so many comments end findings."""

    def work_on(size: int) -> Work:
        prefixes = [f"https://h{number}.example" for number in range(size)]
        data = xml(profile(REDIRECT | {"URLs": prefixes}))
        comment = b"<!-- ssoroute: ignore SSO202 as the vendor says --></string>"
        path = written(data.replace(b".example</string>", b".example" + comment), ".mobileconfig")
        return lambda: invoke(*arguments, path)

    return work_on


def on_a_declaration(*arguments: str) -> WorkOn:
    def work_on(size: int) -> Work:
        payload = DECLARATION["Payload"] | {"URLs": urls(size)}
        path = written(json.dumps(DECLARATION | {"Payload": payload}), ".json")
        return running(*arguments, path)

    return work_on


FAMILIES: Final = [
    Family("show", 200, on_profiles("show", "-p")),
    *(
        Family(f"show {option}", 100, on_profiles("show", option, "-p"))
        for option in ("--json", "--keys", "--domains")
    ),
    *(
        Family(f"check --format {form}", 50, on_profiles("check", "--format", form))
        for form in ("text", "short", "json", "sarif", "github", "gitlab", "junit")
    ),
    Family("check --statistics", 50, on_profiles("check", "--statistics")),
    *(
        Family(f"diff {option}", 20, on_both_sides(option))
        for option in ("--format=json", "--format=markdown", "--format=full", "--verbose")
    ),
    *(
        Family(f"route --jsonl {option}", 200, on_requests("route", option, "--jsonl"))
        for option in ("--json", "--spelling=app", "--matching=strict")
    ),
    *(
        Family(f"{command} {option}", size, on_urls(command, option))
        for command, size in (("route", 200), ("explain", 20))
        for option in ("--json", "--locked", "--caller=com.example.a", "--code=401")
    ),
    *(Family(f"test {option}", 5, testing(option)) for option in ("--json", "--fail-under=1")),
    Family(
        "test --record",
        200,
        on_requests("test", "--force", "--record", written("", ".toml"), "--requests"),
    ),
    Family("check --fix", 50, on_profiles("check", "--fix")),
    Family("check, comments", 50, on_comments("check")),
    Family("aasa", 100, on_profiles("aasa")),
    Family("convert", 100, on_profiles("convert")),
    Family("convert a declaration", 100, on_a_declaration("convert")),
]
