"""Comments that end findings: the findings SSO12x."""

from __future__ import annotations

from typing import Final

from check_cases.given import A, Given, given
from check_world import commented, named, profile, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO121 another word": given(commented(" ssoroute: disable SSO202 ours ")),
    "SSO121 no word": given(commented(" ssoroute: ")),
    "SSO121 no code": given(commented(" ssoroute: ignore ")),
    "SSO121 an unknown code": given(commented(" ssoroute: ignore SSO2O2 ours ")),
    "SSO121 a code like none": given(commented(" ssoroute: ignore everything here ")),
    "SSO121 a code of loading": given(commented(" ssoroute: ignore SSO014 ours ")),
    "SSO121 a code of comments": given(commented(" ssoroute: ignore SSO123 ours ")),
    "SSO121 not a comment for others": given(commented(" see ssoroute: ignore ")),
    "SSO122 one code": given(commented("ssoroute: ignore SSO202", "https://h.example")),
    "SSO122 two codes": given(commented(" ssoroute: ignore SSO202, SSO203 ")),
    "SSO122 not with a reason": given(
        commented(" ssoroute: ignore SSO202 as the vendor says ", "https://h.example")
    ),
    "SSO123 nothing to end": given(commented(" ssoroute: ignore SSO202 ours ")),
    "SSO123 one of two codes": given(
        commented(" ssoroute: ignore SSO202, SSO203 ours ", "https://h.example")
    ),
    "SSO123 a code that depends on the target": given(
        commented(" ssoroute: ignore SSO601 for old devices ")
    ),
    "SSO123 behind the last value": given(
        named(
            profile(redirect("https://h.example"))
            .getvalue()
            .replace(b"</array>", b"<!-- ssoroute: ignore SSO202 ours --></array>", 1),
            A,
        )
    ),
    "SSO123 not with something to end": given(
        commented(" ssoroute: ignore SSO202 as the vendor says ", "https://h.example")
    ),
}
