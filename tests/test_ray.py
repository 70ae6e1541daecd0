"""A local Ray gives the answers of the replay on one machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, write_profile
from scale_world import assert_equal, let_workers_import, replayed, write_requests
from ssoroute import Router, load

pytest.importorskip("ray.data", reason="the extra `ray` is not installed")

pytestmark = pytest.mark.filterwarnings("default")  # of a library that is not ours


def test_ray_answers_as_the_replay_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq
    import ray

    from ssoroute.integrations.ray import route_dataset

    let_workers_import(monkeypatch)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    requests = tmp_path / "requests.parquet"
    write_requests(requests)
    expected = replayed(tmp_path, requests)
    profile = write_profile(tmp_path / "corp.mobileconfig", REDIRECT, CREDENTIAL)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        answers = route_dataset(
            ray.data.read_parquet(str(requests)),
            Router.from_profiles(load(str(profile))),
            workers=2,
        )
        answers.write_parquet(str(tmp_path / "answers"))
    finally:
        ray.shutdown()
    assert_equal(pq.read_table(tmp_path / "answers"), expected)
