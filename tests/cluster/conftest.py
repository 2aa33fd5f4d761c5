"""A real Ray cluster of two machines on this one, each with a scheduler and a processor."""

import os
from collections.abc import Iterator

import pytest
import ray
from ray.cluster_utils import Cluster as RayCluster

# A machine that is gone is missed soon.
IMPATIENT = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 2,
}


@pytest.fixture
def ray_cluster() -> Iterator[RayCluster]:
    """The first machine computes nothing; the two others have a processor each."""
    cluster = RayCluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "_system_config": IMPATIENT}
    )
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.fixture
def environment(ray_cluster: RayCluster) -> dict[str, str]:
    """For a stage that is to find the cluster."""
    return os.environ | {"RAY_ADDRESS": ray_cluster.address, "OMP_NUM_THREADS": "1"}
