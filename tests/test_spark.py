"""A local Spark session gives the answers of the replay on one machine."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from cli_world import CREDENTIAL, REDIRECT, write_profile
from scale_world import assert_equal, let_workers_import, replayed, write_requests
from ssoroute import Router, load

pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
if shutil.which("java") is None:
    pytest.skip("Spark needs Java, which is not installed", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("default")  # of a library that is not ours


def test_spark_answers_as_the_replay_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.parquet as pq
    from pyspark.sql import SparkSession

    from ssoroute.integrations.spark import route_dataframe

    let_workers_import(monkeypatch)
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    requests = tmp_path / "requests.parquet"
    write_requests(requests)
    expected = replayed(tmp_path, requests)
    profile = write_profile(tmp_path / "corp.mobileconfig", REDIRECT, CREDENTIAL)
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.files.maxPartitionBytes", "4m")  # several partitions
        .getOrCreate()
    )
    try:
        answers = route_dataframe(
            session.read.parquet(str(requests)), Router.from_profiles(load(str(profile)))
        )
        assert answers.columns[-5:] == ["outcome", "reason", "extension", "rule", "lookalike"]
        answers.write.parquet(str(tmp_path / "answers"))
    finally:
        session.stop()
    assert_equal(pq.read_table(tmp_path / "answers"), expected)
