"""Rules that meet, and denied callers: the findings SSO4xx and SSO5xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import B, Given, given, given_hosts, given_in_turn, given_urls
from check_world import credential, profile, psso, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO401 in one payload": given_urls("https://login.example.com", "https://LOGIN.example.com/"),
    "SSO401 in one profile": given(profile(redirect(), redirect())),
    "SSO401 in two profiles": given(profile(redirect()), profile(redirect(), name=B)),
    "SSO401 not paths that differ in case": given_in_turn(
        "https://login.example.com/a/", "https://login.example.com/A/"
    ),
    "SSO402 in one payload": given_hosts("example.com", "Example.com"),
    "SSO402 in two profiles": given(profile(credential()), profile(credential(), name=B)),
    "SSO402 not a host and a URL": given(profile(credential(), redirect("https://example.com/"))),
    "SSO403 case": given_in_turn("https://login.example.com/a/", "https://login.example.com/A/"),
    "SSO403 not other paths": given_in_turn(
        "https://login.example.com/a/", "https://login.example.com/b/"
    ),
    "SSO404 shadowed": given_in_turn("https://login.example.com/", "https://login.example.com/a/"),
    "SSO404 shadowed host": given(
        profile(
            credential(".example.com"),
            credential("www.example.com", ExtensionIdentifier="com.example.other"),
        )
    ),
    "SSO404 Apple's own": given_urls("https://appleid.apple.com/auth/authorize/x/"),
    "SSO404 not the longer prefix first": given_in_turn(
        "https://login.example.com/a/", "https://login.example.com/"
    ),
    "SSO404 the later of two that are the same": given_in_turn(
        "https://login.example.com/a/", "https://login.example.com/A/"
    ),
    "SSO405 overlap": given(
        profile(redirect("https://login.example.com/a/")),
        profile(
            redirect("https://login.example.com/", ExtensionIdentifier="com.example.other"), name=B
        ),
    ),
    "SSO405 Apple's own": given_urls("https://appleid.apple.com/"),
    "SSO405 not the same extension": given_in_turn(
        "https://login.example.com/a/", "https://login.example.com/"
    ),
    "SSO406 second": given(
        profile(psso()), profile({**psso(), "URLs": ["https://id.example.com/"]}, name=B)
    ),
    "SSO406 not one in each channel": given(
        profile(psso()),
        profile(
            {**psso(UseSharedDeviceKeys=None), "URLs": ["https://id.example.com/"]},
            name=B,
            PayloadScope="User",
        ),
    ),
    "SSO407 replaced": given(
        profile(redirect(), credential()),
        profile(
            redirect("https://id.example.com/", ExtensionIdentifier="com.example.other"),
            name=B,
            PayloadScope="User",
        ),
    ),
    "SSO407 merged": given(
        profile(psso()), profile(redirect("https://id.example.com/"), name=B, PayloadScope="User")
    ),
    "SSO407 not the user channel alone": given(
        profile(redirect(), PayloadScope="User"), profile(credential(), name=B, PayloadScope="User")
    ),
    "SSO408 replaced": given(
        profile(redirect(), PayloadIdentifier="corp"),
        profile(redirect("https://id.example.com/"), PayloadIdentifier="corp", name=B),
    ),
    "SSO408 not another channel": given(
        profile(redirect(), PayloadIdentifier="corp"),
        profile(
            redirect("https://id.example.com/"),
            PayloadIdentifier="corp",
            PayloadScope="User",
            name=B,
        ),
    ),
    "SSO409 covered": given_urls("https://login.example.com/", "https://login.example.com/a/"),
    "SSO409 not hosts": given_hosts(".example.com", "www.example.com"),
    "SSO409 not other paths": given_urls(
        "https://login.example.com/a/", "https://login.example.com/b/"
    ),
    "SSO501 star and dot": given_urls(DeniedBundleIdentifiers=["com.example.*", "com.example."]),
    "SSO501 not an identifier": given_urls(DeniedBundleIdentifiers=["com.example.kiosk"]),
    "SSO502 team, name, path": given_urls(
        DeniedBundleIdentifiers=[
            "UBF8T346G9",
            "Google Chrome",
            "Safari",
            "/Applications/Safari.app",
            "Safari.app",
            "UBF8T346G9.com.microsoft.teams",
            "com.example/kiosk",
            "com.exämple.kiosk",
        ]
    ),
    "SSO502 not identifiers with odd beginnings": given_urls(
        DeniedBundleIdentifiers=["com.example.kiosk", "net.example-app", "us.zoom.xos"]
    ),
    "SSO503 itself": given_urls(DeniedBundleIdentifiers=["com.example.app.sso", "com.example.app"]),
    "SSO503 not identifiers that are near": given_urls(
        DeniedBundleIdentifiers=["com.example.app.other", "com.example.ap"]
    ),
    "SSO504 helper": given_urls(
        DeniedBundleIdentifiers=[
            "com.apple.WebKit.WebContent",
            "com.apple.WebKit.Networking",
        ]
    ),
    "SSO504 not a view service": given_urls(
        DeniedBundleIdentifiers=["com.apple.SafariViewService"]
    ),
    "SSO505 case": given_urls(DeniedBundleIdentifiers=["com.apple.safari", "com.google.chrome"]),
    "SSO505 not as they are spelled": given_urls(
        DeniedBundleIdentifiers=["com.apple.Safari", "com.example.safari"]
    ),
}
