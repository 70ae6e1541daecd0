"""The slow, obvious way of a request: every payload in order, every question in order, recorded.

This is the plain twin of `Router.route`: the walk compares texts and uses none of the router's
tables. Only the variations of the request ("what would change the answer") are asked of the router.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssoroute.install.activation import Activation, Inactive
from ssoroute.install.associated_domains import all_domains_refused
from ssoroute.install.installation import Installation
from ssoroute.model.authority import Authority
from ssoroute.model.decision import NO_MATCH, Decision, Outcome, Reason
from ssoroute.model.patterns import URLPrefix, lower_ascii
from ssoroute.model.payload import CredentialPayload, Payload, RedirectPayload
from ssoroute.model.quoting import quote
from ssoroute.model.request import Request
from ssoroute.model.urls import (
    authority_end,
    authority_start,
    host_text,
    scheme_of,
    without_password,
)
from ssoroute.routing.causes import causes
from ssoroute.routing.changes import Route, RouteOn, Walked, changes
from ssoroute.routing.explanation import Explanation
from ssoroute.routing.nearest import nearest_host, nearest_prefix
from ssoroute.routing.questions import QUESTIONS, Answer, Selected, conclude
from ssoroute.routing.steps import QuestionStep, Step, Verdict
from ssoroute.routing.strict import strict_objection

if TYPE_CHECKING:
    pass

__all__ = ["explain"]


def explain(
    installation: Installation,
    activation: Activation,
    request: Request,
    *,
    strict: bool,
    route: Route,
    route_on: RouteOn,
) -> Explanation:
    """Walk the active payloads for `request` and record every step.

    `route` answers the variations of the request that might change the answer; `route_on` gives
    the same for another device. A second walk for each variation would need no router, but it is
    seven times as slow with many payloads.
    """
    device = activation.device
    walk = _Walk(activation, request, strict=strict)
    walked = walk.walked()
    return Explanation(
        request,
        device,
        "strict" if strict else "system",
        walk.decision,
        tuple(walk.steps),
        tuple(walk.questions),
        tuple(changes(device, request, walked, route, route_on)),
        tuple(causes(installation, request, walked, route)),
    )


class _Walk:
    """The walk itself: `decision`, and on the way to it `steps` and `questions`."""

    def __init__(self, activation: Activation, request: Request, *, strict: bool) -> None:
        self._activation = activation
        self._device = activation.device
        self._request = request
        self._scheme = scheme_of(request.url)
        self._host = host_text(request.url)
        self._lowered_host = self._host.lower()
        self._apex = "." + self._lowered_host
        self._shown_host = quote(self._host)  # in every step, so a long one is shortened
        self._strict = strict
        self.steps: list[Step] = []
        self.questions: list[QuestionStep] = []
        self.selected: Payload | None = None
        self._next: Step | None = None  # the first later step of another extension that matches
        self.decision = self._walk()

    def _walk(self) -> Decision:
        won: Step | None = None
        rule = self._system_rule()
        if rule:
            text = f"{rule} is asked of the system's own extension, before any profile"
            won = Step(None, Verdict.SELECTED, text, Authority.OBSERVED, rule)
            self.steps.append(won)
        credential = 0
        for payload in self._activation.active:
            step = self._look_at(payload, credential)
            credential += isinstance(payload, CredentialPayload)
            if won is not None:
                text = "an earlier one was selected"
                if step.verdict is Verdict.SELECTED:
                    text += f"; {step.rule or 'it'} would also match"
                    if self._next is None and _is_of_another_extension(payload, won.payload):
                        self._next = step
                step = Step(payload, Verdict.NOT_REACHED, text, Authority.OBSERVED, step.rule)
            elif step.verdict is Verdict.SELECTED:
                won = step
            self.steps.append(step)
        self.steps += (
            Step(i.payload, Verdict.INACTIVE, str(i), i.authority, i.prefix)
            for i in self._activation.inactive
        )
        if won is None:
            return NO_MATCH
        self.selected = won.payload
        return self._conclude(won, self.questions)

    def walked(self) -> Walked:
        """What the answer would be if something were known of the device, as far as that is sure.

        The answers that depend on another active payload are exact, since the rest of the walk is
        known.
        """
        is_system = bool(self._system_rule())
        inactive = tuple(
            i for i in self._activation.inactive if not is_system and self._would_match(i)
        )
        selected, decision = self.selected, self.decision
        if selected is None or decision.outcome is not Outcome.HANDLE:
            return Walked(decision, selected, inactive=inactive)
        if_refused = if_not_installed = None
        asked = Selected(selected, all_domains_refused(selected, self._device))
        if asked.all_domains_refused is None and self._scheme != "ssoid":
            refused = next(q for q in QUESTIONS if q.reason is Reason.DOMAIN_NOT_APPROVED)
            if_refused = conclude(self._device, selected, decision.rule, question=refused)
        # A realm may be a number among the payloads, which would change.
        if self._device.installed_extensions is None and self._scheme != "realm":
            if_not_installed = self._conclude(self._next, []) if self._next else NO_MATCH
        return Walked(decision, selected, if_refused, if_not_installed, inactive)

    def _would_match(self, inactive: Inactive) -> bool:
        """Whether what is inactive matches the request."""
        if inactive.prefix is None:
            return self._look_at(inactive.payload).verdict is Verdict.SELECTED
        if self._request.is_challenge or self._scheme in ("ssoid", "host", "realm"):
            return False
        return inactive.prefix.matches(self._request.url, wildcards=self._device.matches_wildcards)

    def _system_rule(self) -> URLPrefix | None:
        if self._request.is_challenge or self._scheme in ("ssoid", "host", "realm"):
            return None
        for text in self._device.system_urls:
            prefix = URLPrefix.parse(text)
            if prefix.matches(self._request.url, wildcards=False):
                return prefix
        return None

    def _look_at(self, payload: Payload, number: int | None = None) -> Step:
        """One payload; `number` is its place among the active Credential payloads, if known."""
        if not self._request.url.isascii():
            text = "a URL that is not ASCII matches nothing as an app spells it"
            return Step(payload, Verdict.NOT_MATCHED, text, Authority.READING)
        if self._scheme == "ssoid":
            same = payload.extension.bundle_id == self._host
            text = f"its extension identifier is {'' if same else 'not '}{self._shown_host}"
            return self._verdict(payload, same, text)
        if self._scheme == "realm":
            return self._look_at_realm(payload, number)
        if self._scheme == "host" or self._request.is_challenge:
            return self._look_at_hosts(payload)
        return self._look_at_prefixes(payload)

    def _verdict(self, payload: Payload, matched: bool, text: str) -> Step:
        verdict = Verdict.SELECTED if matched else Verdict.NOT_MATCHED
        return Step(payload, verdict, text, Authority.OBSERVED)

    def _look_at_realm(self, payload: Payload, number: int | None) -> Step:
        if not isinstance(payload, CredentialPayload):
            text = "only a Credential payload has a realm"
            return Step(payload, Verdict.NOT_ASKED, text, Authority.OBSERVED)
        by_name = payload.realm is not None and lower_ascii(payload.realm) == self._lowered_host
        if by_name and self._host:
            return self._verdict(payload, True, f"its realm is {self._shown_host}")
        if number is not None and self._host == str(number):
            text = f"it is Credential payload number {number}, counted from 0"
            return self._verdict(payload, True, text)
        text = f"neither its realm nor its number is {self._shown_host}"
        return self._verdict(payload, False, text)

    def _look_at_hosts(self, payload: Payload) -> Step:
        if not isinstance(payload, CredentialPayload):
            text = (
                "Type Redirect, not asked for a host"
                if self._scheme == "host"
                else "Type Redirect, not asked after a challenge (401 or 407)"
            )
            return Step(payload, Verdict.NOT_ASKED, text, Authority.DOCUMENTED)
        for pattern in payload.host_patterns:
            if pattern.matches(self._host):
                kind = "suffix" if pattern.is_suffix else "host"
                text = f"{kind} {pattern} matches {self._shown_host}"
                return Step(payload, Verdict.SELECTED, text, Authority.DOCUMENTED, pattern)
        nearest = nearest_host(payload.host_patterns, self._host)
        text = f"no host matches {self._shown_host}"
        if nearest and nearest.rule.text.lower() == self._apex:
            text += f"; {nearest.rule} matches the hosts below it, not itself"
        return Step(payload, Verdict.NOT_MATCHED, text, Authority.DOCUMENTED, nearest=nearest)

    def _look_at_prefixes(self, payload: Payload) -> Step:
        if not isinstance(payload, RedirectPayload):
            text = "Type Credential, asked only after a challenge (401 or 407)"
            return Step(payload, Verdict.NOT_ASKED, text, Authority.DOCUMENTED)
        url, wildcards = self._request.url, self._device.matches_wildcards
        for prefix in payload.url_prefixes:
            if prefix.matches(url, wildcards=wildcards):
                text = f"{prefix} begins the URL"
                if prefix.runs_past_authority(url):
                    shown = without_password(url)
                    start = authority_start(shown)
                    authority = shown[start : authority_end(shown, start)]
                    text += f", and the host continues: {quote(authority)}"
                return Step(payload, Verdict.SELECTED, text, Authority.OBSERVED, prefix)
        nearest = nearest_prefix(payload.url_prefixes, url)
        text = "no prefix begins the URL"
        return Step(payload, Verdict.NOT_MATCHED, text, Authority.OBSERVED, nearest=nearest)

    def _conclude(self, won: Step, questions: list[QuestionStep]) -> Decision:
        rule, request = won.rule, self._request
        ending = None
        if won.payload is not None:
            selected = Selected(
                won.payload,
                all_domains_refused(won.payload, self._device),
                by_identifier=self._scheme == "ssoid",
            )
            for question in QUESTIONS:
                answer = Answer.of(question.answer(selected, request))
                questions.append(QuestionStep(question, answer))
                if answer is Answer.YES:
                    ending = question
                    break
        objection = strict_objection(rule, request.url) if self._strict and ending is None else None
        return conclude(
            self._device,
            won.payload,
            rule,
            lookalike=isinstance(rule, URLPrefix) and rule.runs_past_authority(request.url),
            question=ending,
            objection=objection,
            order_dependent=won.payload is not None and self._order_dependent(won.payload),
        )

    def _order_dependent(self, selected: Payload) -> bool:
        """Whether a payload of the other kind (profile or declaration) matches as well."""
        if self._scheme in ("ssoid", "realm"):
            return False
        return any(
            payload.kind is not selected.kind and self._look_at(payload).verdict is Verdict.SELECTED
            for payload in self._activation.active
        )


def _is_of_another_extension(payload: Payload, selected: Payload | None) -> bool:
    return selected is None or payload.extension.bundle_id != selected.extension.bundle_id
