"""What every target of the loaders asks: profiles that install and route, or reasons."""

from __future__ import annotations

from loading_samples import SECRET
from ssoroute.loaders import load
from ssoroute.model.finding import LoadError
from ssoroute.routing.router import Router


def loads_or_says_why(data: bytes) -> None:
    """Load `data`, install what comes of it, route by it; nothing but `LoadError` may be raised."""
    try:
        profiles = load(data)
    except LoadError as error:
        said = error.findings
        assert said, data
    else:
        said = profiles.errors + profiles.findings
        assert len(profiles), data
        router = Router.from_profiles(profiles)
        for refusal in router.refused:
            for problem in refusal.problems:
                assert str(problem).isprintable(), data
        router.route("https://login.example.com/x", response_code=401)
        router.explain("https://login.example.com/x")
    for finding in said:
        assert str(finding).isprintable(), data
        assert SECRET not in str(finding), data
