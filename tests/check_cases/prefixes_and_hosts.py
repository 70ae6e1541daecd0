"""URL prefixes and hosts: the findings SSO2xx and SSO3xx."""

from __future__ import annotations

from typing import Final

from check_cases.given import FLEET, KERBEROS, OKTA, Given, given, given_hosts, given_urls
from check_world import profile, redirect

#: Code and title -> what is given. Where the code must not be found, the title begins "not ".
CASES: Final[dict[str, Given]] = {
    "SSO201 scheme": given_urls("ftp://login.example.com/"),
    "SSO201 no scheme": given_urls("login.example.com"),
    "SSO201 query": given_urls("https://login.example.com/?x=1"),
    "SSO201 fragment": given_urls("https://login.example.com/#x"),
    "SSO201 no host": given_urls("https:///login"),
    "SSO201 a space": given_urls("https://login.example.com/a b"),
    "SSO201 an umlaut": given_urls("https://bücher.example/"),
    "SSO201 empty": given_urls("https://login.example.com/", ""),
    "SSO201 not a bare question mark": given_urls("https://login.example.com/?"),
    "SSO202 host only": given_urls("https://login.example.com"),
    "SSO202 with a port": given_urls("https://login.example.com:8443"),
    "SSO202 as its vendor documents it": given_urls("https://fleet.example.com", **FLEET),
    "SSO202 not a slash or a question mark behind the host": given_urls(
        "https://login.example.com/", "https://id.example.com?"
    ),
    "SSO203 no slash": given_urls("https://login.example.com/auth"),
    "SSO203 not an endpoint as its vendor documents it": given_urls(
        "https://acme.okta.com/oauth2/v1/token", **OKTA
    ),
    "SSO203 not a slash or a question mark behind the path": given_urls(
        "https://login.example.com/auth/", "https://login.example.com/a?"
    ),
    "SSO204 default port": given_urls("https://login.example.com:443/x/"),
    "SSO204 default port of a documented host": given_urls(
        "https://fleet.example.com:443", **FLEET
    ),
    "SSO204 another port": given_urls("https://login.example.com:8443/"),
    "SSO204 no port": given_urls("http://login.example.com:/", "https://login.example.com:/"),
    "SSO204 not an IPv6 address": given_urls("https://[2001:db8::1]/"),
    "SSO205 with a password": given_urls("https://user:secret@login.example.com/"),
    "SSO205 not an `@` in the path": given_urls("https://login.example.com/@user/"),
    "SSO206 wildcard": given_urls("https://*.example.com/"),
    "SSO206 not a wildcard in the path": given_urls("https://login.example.com/*"),
    "SSO207 wildcard": given_urls("https://login.example.com/t/*/login/"),
    "SSO207 not a plain path": given_urls("https://login.example.com/t/"),
    "SSO208 no twin": given_urls("http://login.example.com/"),
    "SSO208 not a twin that covers it": given(
        profile(redirect("http://login.example.com/a/"), redirect("https://login.example.com/"))
    ),
    "SSO209 case": given_urls("https://login.example.com/a/", "https://login.example.com/A/"),
    "SSO209 not other paths": given_urls(
        "https://login.example.com/a/", "https://login.example.com/b/"
    ),
    "SSO210 dots": given_urls("https://login.example.com/a/../b/"),
    "SSO210 encoded": given_urls("https://login.example.com/a/%2E/b"),
    "SSO210 not names that begin with dots": given_urls(
        "https://login.example.com/.well-known/..a/"
    ),
    "SSO211 capitals": given_urls("HTTPS://login.example.com/"),
    "SSO211 not a host in capitals": given_urls("https://LOGIN.example.com/"),
    "SSO301 scheme": given_hosts("https://www.example.com:8443/a"),
    "SSO301 port": given_hosts("www.example.com:8443"),
    "SSO301 path": given_hosts("www.example.com/a"),
    "SSO301 brackets": given_hosts("[2001:db8::1]"),
    "SSO301 userinfo": given_hosts("user:secret@www.example.com"),
    "SSO301 not hosts, suffixes and IPv6 addresses": given_hosts(
        "www.example.com", ".example.com", "2001:db8::1"
    ),
    "SSO302 star": given_hosts("*.example.com"),
    "SSO302 star elsewhere": given_hosts("www*.example.com"),
    "SSO302 not a suffix": given_hosts(".example.com"),
    "SSO303 no apex": given_hosts(".example.com"),
    "SSO303 not a host of Kerberos": given_hosts(".example.com", **KERBEROS),
    "SSO303 not the domain in another case": given_hosts(".example.com", "Example.com"),
    "SSO304 com": given_hosts(".com"),
    "SSO304 co.uk": given_hosts(".co.uk"),
    "SSO304 github": given_hosts(".github.io"),
    "SSO304 not domains below one, and unknown ones": given_hosts(
        ".example.co.uk", ".corp", ".windows.net"
    ),
    "SSO305 dot": given_hosts("example.com."),
    "SSO305 not a leading dot": given_hosts(".example.com"),
    "SSO306 umlaut": given_hosts(".bücher.example"),
    "SSO306 not an A-label": given_hosts(".xn--bcher-kva.example"),
    "SSO307 covered": given_hosts("www.example.com", ".example.com"),
    "SSO307 not the domain of a suffix": given_hosts("example.com", ".example.com"),
    "SSO308 v4 and v6": given_hosts("192.0.2.1", "2001:db8::1"),
    "SSO308 not a name that begins like one": given_hosts("192.0.2.example"),
}
