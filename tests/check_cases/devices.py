"""Associated domains and installed extensions: the findings SSO8xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import Given, direct, given, given_urls
from check_world import credential, domains, profile, redirect
from ssoroute.model.device import Device


def device_with(approvals: dict[str, str]) -> Device:
    """A Mac that knows these approvals of the extension."""
    return Device(associated_domains={"com.example.app.sso": approvals})


#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO801 two hosts": given_urls(
        "https://login.example.com/a/",
        "https://login.example.com/b/",
        "https://id.example.com:8443/",
    ),
    "SSO801 not hosts, and a prefix that the system removes": given(
        profile(credential(), redirect("https://*.example.com/"))
    ),
    "SSO801 not hosts that a profile lists": given(
        profile(redirect(), domains("authsrv:login.example.com"))
    ),
    "SSO801 not hosts that the device knows": given(
        profile(redirect()),
        targets=(device_with({"login.example.com": "approved"}),),
    ),
    "SSO802 missing": given(
        profile(
            redirect("https://login.example.com/", "https://id.example.com/"),
            domains("authsrv:login.example.com"),
        )
    ),
    "SSO802 wildcard": given(
        profile(
            redirect("https://login.example.com/"),
            domains("authsrv:*.example.com", application="EXAMPLE123.com.example.app"),
        )
    ),
    "SSO802 not listed for the app and the extension": given(
        profile(
            redirect("https://login.example.com/", "https://id.example.com:8443/"),
            domains("authsrv:login.example.com", application="EXAMPLE123.com.example.app"),
            domains("authsrv:id.example.com:8443", "webcredentials:*.example.com"),
        )
    ),
    "SSO802 not another extension": given(
        profile(
            redirect("https://login.example.com/"),
            domains("authsrv:id.example.com", application="EXAMPLE123.com.example.other"),
        )
    ),
    "SSO802 not an entry with a mode": given(
        profile(
            redirect("https://psso.example.com/"), domains("authsrv:psso.example.com?mode=managed")
        )
    ),
    "SSO804 removed": given(
        profile(redirect("https://fs.example.com/adfs/", "https://login.example.com/")),
        targets=(device_with({"fs.example.com": "approved", "login.example.com": "not_approved"}),),
    ),
    "SSO804 not without another approval": given(
        profile(redirect("https://fs.example.com/adfs/", "https://login.example.com/")),
        targets=(device_with({"login.example.com": "not_approved"}),),
    ),
    "SSO805 none approved": given(
        profile(redirect()),
        targets=(device_with({"login.example.com": "not_approved"}),),
    ),
    "SSO805 not with an unknown host": given(
        profile(redirect("https://login.example.com/", "https://id.example.com/")),
        targets=(device_with({"login.example.com": "not_approved"}),),
    ),
    "SSO806 no team": given(
        profile(redirect(), domains("authsrv:login.example.com", application="com.example.app"))
    ),
    "SSO806 not a team": given(profile(redirect(), domains("authsrv:login.example.com"))),
    "SSO807 malformed": given(
        profile(
            redirect(),
            domains(
                "https://login.example.com/x",
                "authsrv:https://login.example.com",
                "login.example.com",
                "authsrv:login.example.com/auth",
                "authsrv:login.example.com?mode=other",
                "authsrv:",
            ),
        )
    ),
    "SSO807 not modes, ports and other services": given(
        profile(
            redirect(),
            domains(
                "authsrv:login.example.com?mode=managed+developer",
                "authsrv:login.example.com:8443?mode=developer",
                "webcredentials:*.example.com",
            ),
        )
    ),
    "SSO808 misspelt": given(
        profile(
            redirect(),
            {
                "PayloadType": "com.apple.associated-domains",
                "Configuration": [
                    {
                        "ApplicationIdentifier": "EXAMPLE123.com.example.app.sso",
                        "AssociatedDomains": ["authsrv:login.example.com?mode=managed"],
                        "EnableDirectDownload": True,
                        "Colour": "secret",
                    }
                ],
            },
        )
    ),
    "SSO808 not the three keys": given(profile(redirect(), direct(managed=True))),
    "SSO809 without the mode": given(profile(redirect(), direct(managed=False))),
    "SSO809 not with the mode": given(profile(redirect(), direct(managed=True))),
}
