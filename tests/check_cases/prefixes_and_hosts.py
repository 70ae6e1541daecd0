"""URL prefixes and hosts: the findings SSO2xx and SSO3xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import FLEET, KERBEROS, OKTA, Given
from check_world import credential, profile, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO201 scheme": Given((profile(redirect("ftp://login.example.com/")),)),
    "SSO201 no scheme": Given((profile(redirect("login.example.com")),)),
    "SSO201 query": Given((profile(redirect("https://login.example.com/?x=1")),)),
    "SSO201 fragment": Given((profile(redirect("https://login.example.com/#x")),)),
    "SSO201 no host": Given((profile(redirect("https:///login")),)),
    "SSO201 a space": Given((profile(redirect("https://login.example.com/a b")),)),
    "SSO201 an umlaut": Given((profile(redirect("https://bücher.example/")),)),
    "SSO201 empty": Given((profile(redirect("https://login.example.com/", "")),)),
    "SSO201 not a bare question mark": Given((profile(redirect("https://login.example.com/?")),)),
    "SSO202 host only": Given((profile(redirect("https://login.example.com")),)),
    "SSO202 with a port": Given((profile(redirect("https://login.example.com:8443")),)),
    "SSO202 as its vendor documents it": Given(
        (profile(redirect("https://fleet.example.com", **FLEET)),)
    ),
    "SSO202 not a slash or a question mark behind the host": Given(
        (profile(redirect("https://login.example.com/", "https://id.example.com?")),)
    ),
    "SSO203 no slash": Given((profile(redirect("https://login.example.com/auth")),)),
    "SSO203 not an endpoint as its vendor documents it": Given(
        (profile(redirect("https://acme.okta.com/oauth2/v1/token", **OKTA)),)
    ),
    "SSO203 not a slash or a question mark behind the path": Given(
        (profile(redirect("https://login.example.com/auth/", "https://login.example.com/a?")),)
    ),
    "SSO204 default port": Given((profile(redirect("https://login.example.com:443/x/")),)),
    "SSO204 default port of a documented host": Given(
        (profile(redirect("https://fleet.example.com:443", **FLEET)),)
    ),
    "SSO204 another port": Given((profile(redirect("https://login.example.com:8443/")),)),
    "SSO204 no port": Given(
        (profile(redirect("http://login.example.com:/", "https://login.example.com:/")),)
    ),
    "SSO204 not an IPv6 address": Given((profile(redirect("https://[2001:db8::1]/")),)),
    "SSO205 with a password": Given((profile(redirect("https://user:secret@login.example.com/")),)),
    "SSO205 not an `@` in the path": Given(
        (profile(redirect("https://login.example.com/@user/")),)
    ),
    "SSO206 wildcard": Given((profile(redirect("https://*.example.com/")),)),
    "SSO206 not a wildcard in the path": Given((profile(redirect("https://login.example.com/*")),)),
    "SSO207 wildcard": Given((profile(redirect("https://login.example.com/t/*/login/")),)),
    "SSO207 not a plain path": Given((profile(redirect("https://login.example.com/t/")),)),
    "SSO208 no twin": Given((profile(redirect("http://login.example.com/")),)),
    "SSO208 not a twin that covers it": Given(
        (profile(redirect("http://login.example.com/a/"), redirect("https://login.example.com/")),)
    ),
    "SSO209 case": Given(
        (profile(redirect("https://login.example.com/a/", "https://login.example.com/A/")),)
    ),
    "SSO209 not other paths": Given(
        (profile(redirect("https://login.example.com/a/", "https://login.example.com/b/")),)
    ),
    "SSO210 dots": Given((profile(redirect("https://login.example.com/a/../b/")),)),
    "SSO210 encoded": Given((profile(redirect("https://login.example.com/a/%2E/b")),)),
    "SSO210 not names that begin with dots": Given(
        (profile(redirect("https://login.example.com/.well-known/..a/")),)
    ),
    "SSO211 capitals": Given((profile(redirect("HTTPS://login.example.com/")),)),
    "SSO211 not a host in capitals": Given((profile(redirect("https://LOGIN.example.com/")),)),
    "SSO301 scheme": Given((profile(credential("https://www.example.com:8443/a")),)),
    "SSO301 port": Given((profile(credential("www.example.com:8443")),)),
    "SSO301 path": Given((profile(credential("www.example.com/a")),)),
    "SSO301 brackets": Given((profile(credential("[2001:db8::1]")),)),
    "SSO301 userinfo": Given((profile(credential("user:secret@www.example.com")),)),
    "SSO301 not hosts, suffixes and IPv6 addresses": Given(
        (profile(credential("www.example.com", ".example.com", "2001:db8::1")),)
    ),
    "SSO302 star": Given((profile(credential("*.example.com")),)),
    "SSO302 star elsewhere": Given((profile(credential("www*.example.com")),)),
    "SSO302 not a suffix": Given((profile(credential(".example.com")),)),
    "SSO303 no apex": Given((profile(credential(".example.com")),)),
    "SSO303 not a host of Kerberos": Given((profile(credential(".example.com", **KERBEROS)),)),
    "SSO303 not the domain in another case": Given(
        (profile(credential(".example.com", "Example.com")),)
    ),
    "SSO304 com": Given((profile(credential(".com")),)),
    "SSO304 co.uk": Given((profile(credential(".co.uk")),)),
    "SSO304 github": Given((profile(credential(".github.io")),)),
    "SSO304 not domains below one, and unknown ones": Given(
        (profile(credential(".example.co.uk", ".corp", ".windows.net")),)
    ),
    "SSO305 dot": Given((profile(credential("example.com.")),)),
    "SSO305 not a leading dot": Given((profile(credential(".example.com")),)),
    "SSO306 umlaut": Given((profile(credential(".bücher.example")),)),
    "SSO306 not an A-label": Given((profile(credential(".xn--bcher-kva.example")),)),
    "SSO307 covered": Given((profile(credential("www.example.com", ".example.com")),)),
    "SSO307 not the domain of a suffix": Given(
        (profile(credential("example.com", ".example.com")),)
    ),
    "SSO308 v4 and v6": Given((profile(credential("192.0.2.1", "2001:db8::1")),)),
    "SSO308 not a name that begins like one": Given((profile(credential("192.0.2.example")),)),
}
