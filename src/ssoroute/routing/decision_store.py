"""The decisions of a router, each made once: those about plain requests at once, others on demand.

Equal requests get the same object. That saves memory, and lets batches compare decisions by `is`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from ssoroute.install.activation import Activation
from ssoroute.model.decision import Decision, Reason
from ssoroute.model.patterns import Rule
from ssoroute.model.request import Request
from ssoroute.routing.prefix_table import NO_RANK
from ssoroute.routing.questions import Question, Selected, conclude, first_yes

__all__ = ["SYSTEM", "Case", "DecisionStore"]

#: The number of the system's own extension. Payloads count from 1.
SYSTEM: Final = 0


class Case(NamedTuple):
    """Everything that distinguishes one decision from another."""

    number: int
    rank: int
    lookalike: bool
    question: Question | None
    objection: Reason | None
    order_dependent: bool


class DecisionStore:
    """Makes decisions about ranks and payloads that were found, and keeps them.

    A rule's rank is its place in `rules`, and `owners` has the number of its payload. `refused` are
    the numbers of the payloads whose extension is known to have no approved domain.
    """

    __slots__ = (
        "_activation",
        "_by_caller",
        "_by_case",
        "_lookalikes",
        "_owners",
        "_refused",
        "ready",
    )

    def __init__(
        self,
        activation: Activation,
        rules: Sequence[Rule],
        owners: array[int],
        refused: frozenset[int],
    ) -> None:
        self._activation = activation
        self._owners = owners
        self._refused = refused
        #: By rank: the decision about a plain request that the rule matches. No caller is denied,
        #: the screen is not locked, and the URL is not a look-alike.
        self.ready = tuple(self._plain(rules))
        self._lookalikes: dict[int, Decision] = {}
        self._by_caller: dict[tuple[int, bool, str], Decision] = {}
        self._by_case: dict[Case, Decision] = {}

    def _plain(self, rules: Sequence[Rule]) -> Iterator[Decision]:
        device, payload, question, last = self._activation.device, None, None, SYSTEM
        for rule, number in zip(rules, self._owners, strict=True):
            if number != last:  # the rules of a payload follow each other
                selected, last = self.select(number), number
                payload, question = selected.payload, first_yes(selected, Request(""))
            yield conclude(device, payload, rule, question=question)

    def select(self, number: int, *, by_identifier: bool = False) -> Selected:
        """The payload with this number as a selected one."""
        payload = self._activation.active[number - 1]
        return Selected(payload, number in self._refused, by_identifier)

    def lookalike(self, rank: int) -> Decision:
        """The decision about a plain request that runs past the authority of its rule."""
        decision = self._lookalikes.get(rank)
        if decision is None:
            made = replace(self.ready[rank], lookalike=True)
            decision = self._lookalikes.setdefault(rank, made)  # all threads get the same one
        return decision

    def for_caller(self, rank: int, lookalike: bool, caller: str) -> Decision:
        """The decision about a plain request by `caller`, which the rule's payload watches."""
        decision = self._by_caller.get((rank, lookalike, caller))
        if decision is None:
            number = self._owners[rank]
            question = first_yes(self.select(number), Request("", caller))
            case = Case(number, rank, lookalike, question, None, order_dependent=False)
            decision = self.of(case)
            self._by_caller[rank, lookalike, caller] = decision
        return decision

    def of(self, case: Case) -> Decision:
        """The decision in any case."""
        decision = self._by_case.get(case)
        return decision or self._by_case.setdefault(case, self._made(case))

    def _made(self, case: Case) -> Decision:
        return conclude(
            self._activation.device,
            None if case.number == SYSTEM else self._activation.active[case.number - 1],
            None if case.rank == NO_RANK else self.ready[case.rank].rule,
            lookalike=case.lookalike,
            question=case.question,
            objection=case.objection,
            order_dependent=case.order_dependent,
        )
