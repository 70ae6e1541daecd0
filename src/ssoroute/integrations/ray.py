"""Routing with Ray Data: `map_batches` around `Router.route_batch` (extra `ray`; docs/scale.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssoroute.integrations.arrow import with_decisions

if TYPE_CHECKING:
    from ray.data import Dataset

    from ssoroute.routing.router import Router

__all__ = ["route_dataset"]


def route_dataset(dataset: Dataset, router: Router, workers: int = 1) -> Dataset:
    """`dataset` with the columns of the decisions beside its own.

    Both kinds of columns are those of `Router.route_batch`, decoded; URLs are routed as they are.
    `workers` actors answer, each of which gets the router once.
    """
    import ray

    return dataset.map_batches(
        _Worker,
        fn_constructor_args=(ray.put(router),),
        batch_format="pyarrow",
        batch_size=65_536,
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=0.5,  # a whole CPU each could leave none for the reader, forever
    )


class _Worker:
    """An actor with its router."""

    def __init__(self, shipped: Any) -> None:
        import ray

        self._router = ray.get(shipped) if isinstance(shipped, ray.ObjectRef) else shipped

    def __call__(self, table: Any) -> Any:
        import pyarrow as pa

        batches = [with_decisions(self._router, batch) for batch in table.to_batches()]
        return pa.Table.from_batches(batches)
