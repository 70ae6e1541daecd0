"""What a device holds, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ssoroute.cli.terminal import Line, Span, Style, heading, paragraph
from ssoroute.install.activation import Inactive
from ssoroute.install.installation import InstalledProfile
from ssoroute.install.refusal import Problem, Refusal
from ssoroute.model.device import Device
from ssoroute.model.keys import keys
from ssoroute.model.payload import Payload, RedirectPayload
from ssoroute.model.profile import Profile, ProfileKind
from ssoroute.model.request import Request
from ssoroute.model.signature import UNSIGNED
from ssoroute.routing.in_words import how_new
from ssoroute.routing.router import Router

__all__ = ["device_lines", "held_lines"]


def device_lines(device: Device) -> Iterator[Line]:
    """The device, and what is known about it."""
    yield (Span(str(device), Style.STRONG), Span(how_new(device)))
    if device.installed_extensions is not None:
        names = ", ".join(map(str, device.installed_extensions)) or "none"
        yield from paragraph(f"installed extensions: {names}", indent=2, hang=2)
    for bundle_id, hosts in device.associated_domains.items():
        known = ", ".join(
            f"{host} {approval.replace('_', ' ')}" for host, approval in hosts.items()
        )
        yield from paragraph(f"domains of {bundle_id}: {known or 'none'}", indent=2, hang=2)


def held_lines(router: Router) -> Iterator[Line]:
    """What is installed, refused, replaced or inactive, and finally what is active."""
    installation, activation = router.installation, router.activation
    device = router.device
    yield from heading("installed, in this order")
    if not installation.installed:
        yield from paragraph("nothing", indent=2)
    for number, installed in enumerate(installation.installed, 1):
        yield from _installed(number, installed, device)
    if installation.refused:
        yield from heading("refused")
        for refusal in installation.refused:
            yield from _refused(refusal)
    if installation.replaced:
        yield from heading("replaced")
        for replacement in installation.replaced:
            text = f"{replacement.old.source} by {replacement.new.source}"
            identifier = f" (both are {replacement.new.identifier})"
            yield from paragraph(text, identifier, indent=2, hang=2)
    if activation.inactive:
        yield from heading("inactive")
        for inactive in activation.inactive:
            yield from _inactive(inactive)
    yield from _active(activation.active)


def _active(active: tuple[Payload, ...]) -> Iterator[Line]:
    yield from heading("active, in the order in which the device asks them")
    if not active:
        yield from paragraph("nothing", indent=2)
    for number, payload in enumerate(active, 1):
        yield from paragraph(
            f"{number}. ", Span(str(payload.extension), Style.GOOD), f", {payload.type}: ",
            *_words(str(rule) for rule in payload.rules),
            indent=2,
            hang=3,
        )  # fmt: skip


def _installed(number: int, installed: InstalledProfile, device: Device) -> Iterator[Line]:
    profile = installed.profile
    facts = [f"{profile.channel} channel{f' of {profile.user}' if profile.user else ''}"]
    if profile.kind is ProfileKind.DECLARATION:
        facts.append("declaration")
    if profile.signature != UNSIGNED:
        facts.append(str(profile.signature))
    yield from paragraph(
        f"{number}. ", Span(str(profile.source), Style.STRONG), f" ({', '.join(facts)})",
        indent=2,
        hang=3,
    )  # fmt: skip
    yield from _names(profile)
    if not installed.known:
        text = f"{device} does not know such a {profile.kind}"
        yield from paragraph(Span(text, Style.WARN), indent=5)
    elif not installed.payloads:
        yield from paragraph("no payload of com.apple.extensiblesso", indent=5)
    for payload in installed.payloads:
        yield from _payload(payload, device)
    for problem in installed.conflicts:
        # Observed: both stay. Reading: the one that is listed first wins.
        stays = "installed all the same: "
        yield from paragraph(Span(stays, Style.WARN), _in_words(problem), indent=5, hang=2)
        if problem.other:
            text = f"the other is {problem.other}; both are installed, the first wins"
            yield from paragraph(text, indent=7, hang=2)


def _names(profile: Profile) -> Iterator[Line]:
    identifier = profile.identifier or "no identifier, so it never replaces another"
    name = f', "{profile.display_name}"' if profile.display_name else ""
    yield from paragraph(f"{identifier}{name}", indent=5, hang=2)


def _payload(payload: Payload, device: Device) -> Iterator[Line]:
    place = payload.source.path or payload.source.file
    yield from paragraph(f"{payload.type} for {payload.extension}, {place}", indent=5, hang=2)
    yield from _list("prefixes" if isinstance(payload, RedirectPayload) else "hosts", payload.rules)
    if isinstance(payload, RedirectPayload):
        if payload.platform_sso:
            yield from paragraph(f"Platform SSO: {payload.platform_sso}", indent=7, hang=2)
    elif payload.realm is not None:
        yield from paragraph(f"realm: {payload.realm}", indent=7, hang=2)
    yield from _list("denied callers", payload.denied_callers)
    if keys()["ScreenLockedBehavior"].known(device.platform, device.version):
        yield from paragraph(f"screen locked: {payload.screen_locked_behavior}", indent=7)


def _list(name: str, items: Iterable[object]) -> Iterator[Line]:
    words = list(_words(map(str, items)))
    if words:
        yield from paragraph(f"{name}: ", *words, indent=7, hang=2)


def _words(items: Iterable[str]) -> Iterator[Span]:
    for number, item in enumerate(items):
        yield Span(", " if number else "")
        yield Span(item)


def _refused(refusal: Refusal) -> Iterator[Line]:
    profile = refusal.profile
    code = refusal.problems[0].code
    said = f": {code} on iOS"
    if code.intune:
        said += f"; Intune reports {code.intune} for a Mac"
    yield from paragraph(Span(str(profile.source), Style.BAD), said, indent=2, hang=2)
    yield from _names(profile)
    for problem in refusal.problems:
        yield from _problem(problem)


def _problem(problem: Problem) -> Iterator[Line]:
    yield from paragraph(_in_words(problem), indent=5, hang=2)
    if problem.other:
        yield from paragraph(f"the other is {problem.other}", indent=7, hang=2)
    if problem.witness:
        yield from paragraph(f"both would take {_asked(problem.witness)}", indent=7, hang=2)


def _in_words(problem: Problem) -> str:
    place = problem.source.path or problem.source.file
    number = problem.code.number or problem.code.label  # the first line says that it is of iOS
    return f"{place}: {problem.message} [{number}]"


def _asked(request: Request) -> str:
    if request.is_challenge:
        return f"{request.url} after a challenge ({request.response_code})"
    return request.url


def _inactive(inactive: Inactive) -> Iterator[Line]:
    payload = inactive.payload
    what = f"prefix {inactive.prefix} of " if inactive.prefix else ""
    yield from paragraph(
        f"{what}{payload.extension}, {payload.type}, {payload.source}", indent=2, hang=2
    )
    mark = Span(f"[{inactive.authority}]", Style.DIM)
    yield from paragraph(f"{inactive} ", mark, indent=5, hang=2)
