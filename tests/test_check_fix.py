"""`ssoroute check --fix`: what is repaired, what stays, and that no route changes."""

from __future__ import annotations

import codecs
import json
import plistlib
import stat
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from check_world import credential, declaration, named, profile, redirect
from cli_world import invoke
from loading_samples import asn1crypto_signed, dumped, xml
from ssoroute.checks import check
from ssoroute.checks.repairs import Repaired, repair_all, repairs
from ssoroute.loaders import load
from ssoroute.model.profile import Profiles
from ssoroute.routing.router import Router

A: Final = "a.mobileconfig"


def repaired_text(data: bytes, name: str = A) -> str:
    """The text after all repairs; it must have been repairable."""
    done = repair_all(load(named(data, name)), {name: data})
    return done.files.get(name, data).decode()


def one(payload: dict[str, Any]) -> bytes:
    return profile(payload).getvalue()


#: What is written, and what it becomes; each is once in its file.
WRITTEN: Final = {
    "a key in another case": (
        one({**redirect(URLs=None), "Urls": ["https://h.example/"]}),
        "<key>Urls</key>",
        "<key>URLs</key>",
    ),
    "a type in another case": (
        one(redirect(Type="redirect")),
        "<string>redirect</string>",
        "<string>Redirect</string>",
    ),
    "a type with white space": (
        one(redirect(Type=" Redirect\n")),
        "<string> Redirect\n</string>",
        "<string>Redirect</string>",
    ),
    "a behaviour in another case": (
        one(redirect(ScreenLockedBehavior="doNotHandle")),
        "<string>doNotHandle</string>",
        "<string>DoNotHandle</string>",
    ),
    "a policy in another case": (
        one(redirect(PlatformSSO={"LoginPolicy": ["requireAuthentication"]})),
        "<string>requireAuthentication</string>",
        "<string>RequireAuthentication</string>",
    ),
    "white space around a URL": (
        one(redirect("\n\thttps://h.example/a/?&b  ".replace("?&b", ""))),
        "<string>\n\thttps://h.example/a/  </string>",
        "<string>https://h.example/a/</string>",
    ),
    "white space around a denied caller": (
        one(redirect(DeniedBundleIdentifiers=[" com.example.kiosk"])),
        "<string> com.example.kiosk</string>",
        "<string>com.example.kiosk</string>",
    ),
    "capitals in the scheme": (
        one(redirect("HTTPS://Login.example.com/A/")),
        "<string>HTTPS://Login.example.com/A/</string>",
        "<string>https://Login.example.com/A/</string>",
    ),
    "a host with a scheme": (
        one(credential("https://intranet.example.com/")),
        "<string>https://intranet.example.com/</string>",
        "<string>intranet.example.com</string>",
    ),
}


@pytest.mark.parametrize(("data", "old", "new"), WRITTEN.values(), ids=WRITTEN)
def test_what_a_repair_writes(data: bytes, old: str, new: str) -> None:
    assert data.decode().count(old) == 1
    assert repaired_text(data) == data.decode().replace(old, new)


#: What looks alike and stays as it is.
KEPT: Final = {
    "a key beside the right one": one({**redirect(), "Urls": ["https://h.example/"]}),
    "a key in the wrong dictionary": one({**redirect(), "useSharedDeviceKeys": True}),
    "a word that is not known": one(redirect(Type="Redirection")),
    "a host with a path": one(credential("https://intranet.example.com/portal")),
    "a host with a port": one(credential("https://intranet.example.com:8443/")),
    "a host that is listed": one(credential("https://h.example/", "h.example")),
    "a look-alike prefix": one(redirect("https://login.example.com")),
    "escaped white space": one(redirect("https://h.example/ ")).replace(b"/ <", b"/&#32;<"),
    "CDATA": one(redirect("HTTPS://h.example/")).replace(
        b"HTTPS://h.example/", b"<![CDATA[HTTPS://h.example/]]>"
    ),
    "what a comment ignores": one(redirect("HTTPS://h.example/")).replace(
        b"<string>HTTPS", b"<!-- ssoroute: ignore SSO211 a test --><string>HTTPS"
    ),
}


@pytest.mark.parametrize("data", KEPT.values(), ids=KEPT)
def test_what_is_not_repaired(data: bytes) -> None:
    assert repaired_text(data) == data.decode()


def test_a_repair_never_takes_requests_from_a_profile_behind_it() -> None:
    dead = profile(redirect("HTTPS://h.example/"), name="a.mobileconfig").getvalue()
    other = redirect("https://h.example/mail/", ExtensionIdentifier="com.example.b.sso")
    alive = profile(other, name="b.mobileconfig")
    profiles = load(named(dead, "a.mobileconfig"), alive)
    done = repair_all(profiles, {"a.mobileconfig": dead})
    assert done.files == {}
    assert [(finding.code, why) for finding, why in done.left] == [
        (
            "SSO211",
            "it could give a request to another rule, or make two values conflict",
        )
    ]
    assert repair_all(load(named(dead, "a.mobileconfig")), {"a.mobileconfig": dead}).files


def test_a_repair_never_refuses_a_later_profile() -> None:
    first = profile(redirect(Type="redirect"), name="a.mobileconfig").getvalue()
    second = profile(redirect(), name="b.mobileconfig")
    done = repair_all(load(named(first, "a.mobileconfig"), second), {"a.mobileconfig": first})
    assert done.files == {}


def test_one_repair_uncovers_another() -> None:
    data = one({**redirect(URLs=None), "Urls": [" HTTPS://h.example/ "]})
    done = repair_all(load(named(data, A)), {A: data})
    assert [repair.code for repair in done.repairs] == ["SSO105", "SSO112", "SSO211"]
    assert [repair.title for repair in done.repairs] == [
        "write `URLs`",
        "remove the white space around the value",
        "write the scheme in lower case",
    ]
    assert b"<key>URLs</key>" in done.files[A]
    assert b"<string>https://h.example/</string>" in done.files[A]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
    ids=["utf-8", "mark", "utf-16-le", "utf-16-be"],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_everything_else_stays_byte_for_byte(mark: bytes, encoding: str, line_end: str) -> None:
    text = one(redirect("HTTPS://h.example/", PayloadDisplayName="Größe 😀")).decode()
    text = (
        text.partition("?>")[2]
        .replace("<array>", "<!-- é -->\n\t <array >")
        .replace("\n", line_end)
    )
    before = mark + text.encode(encoding)
    after = mark + text.replace("HTTPS:", "https:").encode(encoding)
    assert repair_all(load(named(before, A)), {A: before}).files == {A: after}


def test_latin_1_stays_latin_1() -> None:
    text = one(redirect("HTTPS://h.example/", PayloadDisplayName="Größe")).decode()
    before = text.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    after = before.replace(b"HTTPS:", b"https:")
    assert repair_all(load(named(before, A)), {A: before}).files == {A: after}


def test_a_declaration_is_repaired_in_place() -> None:
    before = (
        '{"Type": "com.apple.configuration.extensible-sso",\n "Identifier": "é",\n'
        ' "Payload": {"ExtensionComposedIdentifier": "com.example.sso (EXAMPLE123)",'
        ' "Type" : "redirect", "urls":["\\thttps:\\/\\/h.example/"] } }\r\n'
    ).encode()
    after = (
        '{"Type": "com.apple.configuration.extensible-sso",\n "Identifier": "é",\n'
        ' "Payload": {"ExtensionComposedIdentifier": "com.example.sso (EXAMPLE123)",'
        ' "Type" : "Redirect", "URLs":["https://h.example/"] } }\r\n'
    ).encode()
    assert repair_all(load(named(before, "a.json")), {"a.json": before}).files == {"a.json": after}


@pytest.mark.parametrize(
    "wrap",
    [
        asn1crypto_signed,
        lambda data: plistlib.dumps(plistlib.loads(data), fmt=plistlib.FMT_BINARY),
    ],
    ids=["signed", "binary"],
)
def test_a_signed_or_binary_file_is_never_changed(wrap: Any) -> None:
    data = wrap(one(redirect("HTTPS://h.example/")))
    done = repair_all(load(named(data, A)), {A: data})
    assert done.files == {}
    assert [(finding.code, why) for finding, why in done.left] == [
        ("SSO211", "only XML property lists and JSON are changed, not binary or signed files")
    ]


# The law: what got an answer gets the same answer, and what was repaired is no longer found.

URLS: Final = (
    "https://h.example/",
    "HTTPS://h.example/a/",
    " https://h.example/a/b/",
    "Https://h.example/a/b/c\n",
    "https://h.example/mail",
    "hTTp://x.example/",
    "https://x.example/?q",
    7,
)
HOSTS: Final = (
    "h.example",
    "https://h.example/",
    "HTTP://x.example",
    " x.example",
    ".example\t",
    "https://y.example:8443/",
    "",
)
payloads: Final = st.one_of(
    st.builds(
        lambda urls, key, type_, name, denied: {
            **redirect(
                URLs=None,
                Type=type_,
                ExtensionIdentifier=f"com.example.{name}.sso",
                DeniedBundleIdentifiers=denied,
            ),
            key: urls,
        },
        st.lists(st.sampled_from(URLS), max_size=4, unique=True),
        st.sampled_from(["URLs", "Urls", "urls", "URLS", "URL"]),
        st.sampled_from(["Redirect", "Redirect", "redirect", " Redirect", "REDIRECT "]),
        st.sampled_from("ab"),
        st.sampled_from([None, ["com.example.kiosk "], ["com.example.kiosk"]]),
    ),
    st.builds(
        lambda hosts, key, type_, name: {
            **credential(Hosts=None, Type=type_, ExtensionIdentifier=f"com.example.{name}.sso"),
            key: hosts,
        },
        st.lists(st.sampled_from(HOSTS), max_size=4, unique=True),
        st.sampled_from(["Hosts", "hosts", "HOSTS"]),
        st.sampled_from(["Credential", "credential", "Credential\n"]),
        st.sampled_from("ab"),
    ),
)
sets: Final = st.lists(st.lists(payloads, min_size=1, max_size=2), min_size=1, max_size=3)
REQUESTS: Final = tuple(
    (f"{scheme}://{host}{path}", caller, code)
    for scheme in ("http", "https")
    for host in ("h.example", "x.example", "y.example", "z.example")
    for path in ("/", "/a/", "/a/b/c", "/mail")
    for caller in (None, "com.example.kiosk")
    for code in (0, 401)
)


def loaded(files: dict[str, bytes]) -> Profiles:
    return load(*(named(data, name) for name, data in files.items()))


def repaired_set(files: dict[str, bytes]) -> tuple[dict[str, bytes], Repaired]:
    done = repair_all(loaded(files), files)
    return {**files, **done.files}, done


@settings(
    max_examples=max(1, settings().max_examples // 6)
)  # each one checks and compares several sets
@given(sets)
def test_repairs_keep_every_route_and_end_their_findings(given_sets: list[list[Any]]) -> None:
    files = {
        f"{number}.mobileconfig": profile(*content, name=f"{number}.mobileconfig").getvalue()
        for number, content in enumerate(given_sets)
    }
    after, done = repaired_set(files)
    old, new = (Router.from_profiles(loaded(one_set)) for one_set in (files, after))
    assert len(new.refused) <= len(old.refused)
    for url, caller, code in REQUESTS:
        before = old.route(url, caller=caller, response_code=code)
        if before.rule is None:
            continue
        now = new.route(url, caller=caller, response_code=code)
        assert now.rule is not None
        assert (now.rule.text, now.extension) == (before.rule.text, before.extension)
        denied_before = any(" " in text for text in _denied(given_sets))
        assert now.outcome == before.outcome or (denied_before and caller is not None)
    for repair in done.repairs:
        assert (repair.code, repair.source) not in {
            (finding.code, finding.source)
            for finding in check(loaded(after))
            if finding.code == repair.code
        }
    again, nothing = repaired_set(after)
    assert (again, nothing.repairs) == (after, ())


def _denied(given_sets: list[list[Any]]) -> list[str]:
    return [
        text
        for content in given_sets
        for payload in content
        for text in payload.get("DeniedBundleIdentifiers") or ()
    ]


def test_repairs_without_making_them() -> None:
    data = one(redirect("HTTPS://h.example/"))
    (found,) = repairs(load(named(data, A)), {A: data})
    assert data.decode()[found.start : found.end] == "HTTPS://h.example/"
    assert (found.replacement, found.code) == ("https://h.example/", "SSO211")
    assert found.source.path == "PayloadContent[0].URLs[0]"
    assert repairs(load(named(data, A)), {}) == []


# The command.


def test_the_command_prints_a_diff_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / A
    data = one(redirect("HTTPS://h.example/"))
    path.write_bytes(data)
    done = invoke("check", "--fix", str(path))
    assert done.exit_code == 1
    assert done.stdout.splitlines()[:3] == [f"--- {path}", f"+++ {path}", "@@ -29,7 +29,7 @@"]
    assert [line for line in done.stdout.splitlines()[3:] if line[0] != " "] == [
        "-\t\t\t\t<string>HTTPS://h.example/</string>",
        "+\t\t\t\t<string>https://h.example/</string>",
    ]
    assert done.stderr == f"{path}: 1 finding can be repaired; add --write to do it\n"
    assert path.read_bytes() == data


def test_the_command_writes_and_keeps_the_mode(tmp_path: Path) -> None:
    path, link = tmp_path / A, tmp_path / "link.mobileconfig"
    data = one(redirect("HTTPS://h.example/"))
    path.write_bytes(data)
    path.chmod(0o640)
    link.symlink_to(path)
    done = invoke("check", "--fix", "--write", str(link))
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == f"{link}: 1 finding repaired\n"
    assert path.read_bytes() == data.replace(b"HTTPS:", b"https:")
    assert link.is_symlink()
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [A, "link.mobileconfig"]
    again = invoke("check", "--fix", "--write", str(link))
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "")


def test_the_diff_shows_no_secret(tmp_path: Path) -> None:
    path = tmp_path / A
    payload = redirect(
        "HTTPS://user:SECRET@h.example/",
        RegistrationToken="SECRET",
        ExtensionData={"SECRET": "SECRET"},
        Colour="SECRET",
        PlatformSSO={"AdditionalHTTPHeaders": {"SECRET": "SECRET"}},
    )
    wifi = {"PayloadType": "com.apple.wifi.managed", "Password": "SECRET", "Lines": b"SECRET"}
    data = profile(payload, wifi).getvalue()
    data = data.replace(b"<array>", b"<!-- the token is\nSECRET --><array>")
    path.write_bytes(data.replace(b"\n", b"") + b"\n")
    done = invoke("check", "--fix", str(path))
    assert done.exit_code == 1
    assert "+" in done.stdout
    assert "https://user:(hidden)@h.example/" in done.stdout
    assert "SECRET" not in done.output
    assert "the diff hides values" in done.stderr


@pytest.mark.parametrize("end", ["\n", "\r\n", ""], ids=["lf", "crlf", "none"])
def test_the_diff_is_a_patch(tmp_path: Path, end: str) -> None:
    path = tmp_path / A
    data = one(redirect(" https://h.example/", "HTTPS://x.example/\n")).rstrip(b"\n")
    data = data.replace(b"\n", end.encode() or b"\n") + end.encode()
    path.write_bytes(data)
    printed = invoke("check", "--fix", str(path)).stdout_bytes.decode()
    assert invoke("check", "--fix", "--write", str(path)).exit_code == 0
    assert applied(data.decode(), printed) == path.read_bytes().decode()


def applied(text: str, patch: str) -> str:
    """`text` after the unified diff `patch`."""
    old, new, place = text.split("\n"), [], 0
    for line in patch.split("\n")[2:-1]:
        if line.startswith("@@"):
            start = int(line.split()[1].split(",")[0].lstrip("-")) - 1
            new += old[place:start]
            place = start
        elif line.startswith(("-", " ")):
            assert old[place] == line[1:]
            place += 1
        if line.startswith(("+", " ")):
            new.append(line[1:])
    return "\n".join(new + old[place:])


def test_selection_and_baseline_say_what_is_repaired(tmp_path: Path) -> None:
    path, known = tmp_path / A, tmp_path / "known.json"
    data = one(redirect("HTTPS://h.example/", ScreenLockedBehavior="cancel"))
    path.write_bytes(data)
    wanted = ("check", "--fix", str(path))
    assert "https" in invoke(*wanted, "--select", "SSO211").stdout
    assert "+\t\t\t<string>Cancel" not in invoke(*wanted, "--select", "SSO211").stdout
    assert invoke(*wanted, "--ignore", "SSO211,SSO104").stdout == ""
    invoke("check", "--select", "SSO211", "--write-baseline", str(known), str(path))
    printed = invoke(*wanted, "--baseline", str(known)).stdout
    assert "+\t\t\t<string>Cancel</string>" in printed
    assert "+\t\t\t\t<string>https://h.example/</string>" not in printed


def test_files_of_several_sets(tmp_path: Path) -> None:
    (tmp_path / "a.mobileconfig").write_bytes(one(redirect(Type="redirect")))
    (tmp_path / "b.mobileconfig").write_bytes(profile(redirect(), name="b").getvalue())
    together = invoke("check", "--fix", str(tmp_path))
    assert (together.exit_code, together.stdout) == (0, "")
    assert "SSO101 is not repaired: it could give" in together.stderr
    assert invoke("check", "--fix", "--each", str(tmp_path)).exit_code == 1


def test_a_broken_file_does_not_keep_others_from_repair(tmp_path: Path) -> None:
    path = tmp_path / A
    path.write_bytes(one(redirect("HTTPS://h.example/")))
    (tmp_path / "b.mobileconfig").write_bytes(b"<plist>")
    done = invoke("check", "--fix", "--write", str(tmp_path))
    assert done.exit_code == 3
    assert b"https://h.example/" in path.read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ("--write",),
        ("--fix", "--format", "json"),
        ("--fix", "--statistics"),
        ("--fix", "--write-baseline", "known.json"),
    ],
    ids=" ".join,
)
def test_options_that_do_not_fit(options: tuple[str, ...]) -> None:
    assert invoke("check", *options, "examples/profiles/entra.mobileconfig").exit_code == 2


def test_a_declaration_by_command(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(declaration(Type="redirect").getvalue())
    assert invoke("check", "--fix", "--write", str(path)).exit_code == 0
    assert b'"Type": "Redirect"' in path.read_bytes()


def test_the_diff_of_a_declaration_shows_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    secrets = {
        "AdditionalHTTPHeaders": {"SECRET": "SECRET"},
        "RegistrationToken": "SECRET",
        "AuthenticationMethod": "Password",
    }
    document = json.loads(
        declaration(
            Type="redirect",
            PlatformSSO=secrets,
            ExtensionData={"k": ["SECRET", 5]},
            Colour="SECRET",
        ).getvalue()
    )
    document["Other"] = "SECRET"
    path.write_text(json.dumps(document, indent=1))
    done = invoke("check", "--fix", "--select", "SSO101", str(path))
    assert done.exit_code == 1
    assert "SECRET" not in done.output
    assert '-  "Type": "redirect",' in done.stdout.splitlines()
    assert '+  "Type": "Redirect",' in done.stdout.splitlines()


def test_what_a_device_has_installed_is_not_repaired() -> None:
    payload = {"PayloadType": "com.apple.extensiblesso", **redirect("HTTPS://h.example/")}
    data = xml({"_computerlevel": [dumped("2024-01-01 00:00:00 +0000", "a", payload)]})
    done = repair_all(load(named(data, "dump.plist")), {"dump.plist": data})
    assert (done.files, done.repairs) == ({}, ())
    assert [why for finding, why in done.left if finding.code == "SSO211"] == [
        "its file cannot be changed"
    ]


def test_standard_input_is_not_changed() -> None:
    data = one(redirect("HTTPS://h.example/"))
    done = invoke("check", "--fix", "--write", "-", stdin=data)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "SSO211 is not repaired: its file cannot be changed" in done.stderr


def test_a_repair_shows_nothing_of_the_file() -> None:
    data = one(redirect("HTTPS://u:SECRET@h.example/"))
    (found,) = repairs(load(named(data, A)), {A: data})
    assert "SECRET" in found.replacement
    assert "SECRET" not in repr(found)
