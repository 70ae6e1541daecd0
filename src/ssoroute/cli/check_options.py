"""The values of the options of `ssoroute check`, and what its two options about rules print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ssoroute.checks.rules import CheckRule, rules
from ssoroute.cli.configured import current_configuration
from ssoroute.cli.options import Decorator
from ssoroute.cli.terminal import Line, Span, Style, paragraph, show
from ssoroute.cli.views.findings.found import is_unreadable
from ssoroute.model.errors import DeviceError
from ssoroute.model.finding import Finding, Severity
from ssoroute.model.nearest import LOOSE, nearest
from ssoroute.model.platforms import Platform, Version, parse_os
from ssoroute.model.quoting import quote

if TYPE_CHECKING:
    from ssoroute.configuration.values import Configuration

__all__ = ["Selection", "explain_rule", "list_rules", "selection_options", "targets_option"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which findings to show: by the beginnings of their codes, and by their severity.

    `configuration` changes them before.
    """

    selected: tuple[str, ...]
    ignored: tuple[str, ...]
    least: Severity | None
    configuration: Configuration | None

    def adjusted(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings as the configuration has them, without those that it ignores somewhere."""
        if self.configuration is None:
            return list(findings)
        return list(filter(None, map(self.configuration.adjusted, findings)))

    def takes(self, finding: Finding) -> bool:
        """Whether to show `finding`; always true if it says that something cannot be read."""
        if is_unreadable(finding):
            return True
        order = list(Severity)
        return (
            (not self.selected or finding.code.startswith(self.selected))
            and not (self.ignored and finding.code.startswith(self.ignored))
            and order.index(finding.severity) <= order.index(self.least or Severity.INFO)
        )


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give `command` the options that choose findings, as its argument `selection`."""

    @click.option(
        "--select",
        "selected",
        metavar="CODES",
        multiple=True,
        callback=_read_codes,
        help="Show only codes with these beginnings (SSO2,SSO401).",
    )
    @click.option(
        "--ignore",
        "ignored",
        metavar="CODES",
        multiple=True,
        callback=_read_codes,
        help="Leave out codes with these beginnings.",
    )
    @click.option(
        "--severity",
        type=click.Choice([severity.value for severity in Severity]),
        help="The least severity to show. By default all, but the text form only counts infos.",
    )
    @wraps(command)
    def wrapped(
        *args: Any,
        selected: tuple[str, ...],
        ignored: tuple[str, ...],
        severity: str | None,
        **kwargs: Any,
    ) -> Any:
        least = Severity(severity) if severity else None
        selection = Selection(selected, ignored, least, current_configuration())
        return command(*args, selection=selection, **kwargs)

    return wrapped


def _read_codes(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> tuple[str, ...]:
    """The beginnings of codes in `--select` or `--ignore`."""
    codes = [code.strip().upper() for value in values for code in value.split(",")]
    for code in codes:
        if not any(known.startswith(code) for known in rules()) or not code:
            raise click.BadParameter(f"no code begins with {quote(code)}; {_nearest(code)}")
    return tuple(codes)


def _read_targets(
    _context: click.Context, _parameter: click.Parameter, values: Sequence[str]
) -> list[tuple[Platform, Version | None]]:
    """The platforms and versions in `--os`."""
    try:
        return [parse_os(value) for value in values]
    except DeviceError as error:
        raise click.BadParameter(str(error)) from None


def targets_option(if_not_given: str) -> Decorator:
    """Give a command the option `--os` for several targets, as its argument `targets`."""
    return click.option(
        "--os",
        "targets",
        metavar="NAME[@VERSION]",
        multiple=True,
        callback=_read_targets,
        help="A target such as macOS@15.4; repeat it for several. If not given: " + if_not_given,
    )


def explain_rule(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    """Print what the rule with the code `value` means, and exit."""
    if value is None:
        return
    rule = rules().get(value.strip().upper())
    if rule is None:
        raise click.BadParameter(f"no rule has the code {quote(value)}; {_nearest(value.upper())}")
    show(_rule_lines(rule))
    context.exit()


def list_rules(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    """Print all rules, and exit."""
    if asked:
        show(map(_listed, rules().values()))
        context.exit()


def _listed(rule: CheckRule) -> Line:
    columns = f"{rule.code}  {rule.severity.value:<7}  {rule.authority.value:<10}"
    return (Span(f"{columns}  {rule.title}"),)


def _nearest(code: str) -> str:
    near = nearest(code, rules(), likeness=LOOSE)
    return f"did you mean {near}?" if near else "`--list-rules` shows them"


def _rule_lines(rule: CheckRule) -> Iterator[Line]:
    yield (Span(f"{rule.code}: {rule.title}", Style.STRONG),)
    yield (Span(f"{rule.severity.value}, {rule.authority.value}; {rule.docs}", Style.DIM),)
    yield ()
    yield from paragraph(rule.text)
    if rule.hint:
        yield ()
        yield from paragraph(Span("hint: ", Style.STRONG), rule.hint)
