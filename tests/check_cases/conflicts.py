"""Rules that meet, and denied callers: the findings SSO4xx and SSO5xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import B, Given
from check_world import credential, profile, psso, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO401 in one payload": Given(
        (profile(redirect("https://login.example.com", "https://LOGIN.example.com/")),)
    ),
    "SSO401 in one profile": Given((profile(redirect(), redirect()),)),
    "SSO401 in two profiles": Given(
        (
            profile(redirect()),
            profile(redirect(), name=B),
        )
    ),
    "SSO401 not paths that differ in case": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/A/"), name=B),
        )
    ),
    "SSO402 in one payload": Given((profile(credential("example.com", "Example.com")),)),
    "SSO402 in two profiles": Given(
        (
            profile(credential()),
            profile(credential(), name=B),
        )
    ),
    "SSO402 not a host and a URL": Given(
        (profile(credential(), redirect("https://example.com/")),)
    ),
    "SSO403 case": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/A/"), name=B),
        )
    ),
    "SSO403 not other paths": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/b/"), name=B),
        )
    ),
    "SSO404 shadowed": Given(
        (
            profile(redirect("https://login.example.com/")),
            profile(redirect("https://login.example.com/a/"), name=B),
        )
    ),
    "SSO404 shadowed host": Given(
        (
            profile(
                credential(".example.com"),
                credential("www.example.com", ExtensionIdentifier="com.example.other"),
            ),
        )
    ),
    "SSO404 Apple's own": Given(
        (profile(redirect("https://appleid.apple.com/auth/authorize/x/")),)
    ),
    "SSO404 not the longer prefix first": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/"), name=B),
        )
    ),
    "SSO404 the later of two that are the same": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/A/"), name=B),
        )
    ),
    "SSO405 overlap": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(
                redirect("https://login.example.com/", ExtensionIdentifier="com.example.other"),
                name=B,
            ),
        )
    ),
    "SSO405 Apple's own": Given((profile(redirect("https://appleid.apple.com/")),)),
    "SSO405 not the same extension": Given(
        (
            profile(redirect("https://login.example.com/a/")),
            profile(redirect("https://login.example.com/"), name=B),
        )
    ),
    "SSO406 second": Given(
        (
            profile(psso()),
            profile({**psso(), "URLs": ["https://id.example.com/"]}, name=B),
        )
    ),
    "SSO406 not one in each channel": Given(
        (
            profile(psso()),
            profile(
                {**psso(UseSharedDeviceKeys=None), "URLs": ["https://id.example.com/"]},
                name=B,
                PayloadScope="User",
            ),
        )
    ),
    "SSO407 replaced": Given(
        (
            profile(redirect(), credential()),
            profile(
                redirect("https://id.example.com/", ExtensionIdentifier="com.example.other"),
                name=B,
                PayloadScope="User",
            ),
        )
    ),
    "SSO407 merged": Given(
        (
            profile(psso()),
            profile(redirect("https://id.example.com/"), name=B, PayloadScope="User"),
        )
    ),
    "SSO407 not the user channel alone": Given(
        (
            profile(redirect(), PayloadScope="User"),
            profile(credential(), name=B, PayloadScope="User"),
        )
    ),
    "SSO408 replaced": Given(
        (
            profile(redirect(), PayloadIdentifier="corp"),
            profile(redirect("https://id.example.com/"), PayloadIdentifier="corp", name=B),
        )
    ),
    "SSO408 not another channel": Given(
        (
            profile(redirect(), PayloadIdentifier="corp"),
            profile(
                redirect("https://id.example.com/"),
                PayloadIdentifier="corp",
                PayloadScope="User",
                name=B,
            ),
        )
    ),
    "SSO409 covered": Given(
        (profile(redirect("https://login.example.com/", "https://login.example.com/a/")),)
    ),
    "SSO409 not hosts": Given((profile(credential(".example.com", "www.example.com")),)),
    "SSO409 not other paths": Given(
        (profile(redirect("https://login.example.com/a/", "https://login.example.com/b/")),)
    ),
    "SSO501 star and dot": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.example.*", "com.example."])),)
    ),
    "SSO501 not an identifier": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.example.kiosk"])),)
    ),
    "SSO502 team, name, path": Given(
        (
            profile(
                redirect(
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
                )
            ),
        )
    ),
    "SSO502 not identifiers with odd beginnings": Given(
        (
            profile(
                redirect(
                    DeniedBundleIdentifiers=["com.example.kiosk", "net.example-app", "us.zoom.xos"]
                )
            ),
        )
    ),
    "SSO503 itself": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.example.app.sso", "com.example.app"])),)
    ),
    "SSO503 not identifiers that are near": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.example.app.other", "com.example.ap"])),)
    ),
    "SSO504 helper": Given(
        (
            profile(
                redirect(
                    DeniedBundleIdentifiers=[
                        "com.apple.WebKit.WebContent",
                        "com.apple.WebKit.Networking",
                    ]
                )
            ),
        )
    ),
    "SSO504 not a view service": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.apple.SafariViewService"])),)
    ),
    "SSO505 case": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.apple.safari", "com.google.chrome"])),)
    ),
    "SSO505 not as they are spelled": Given(
        (profile(redirect(DeniedBundleIdentifiers=["com.apple.Safari", "com.example.safari"])),)
    ),
}
