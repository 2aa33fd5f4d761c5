"""What Prometheus is told, under OpenTelemetry's names, and what a request took in each phase."""

import os
from contextvars import ContextVar
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

Phase = Literal["decode", "queue", "compute", "index"]

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where several processes add up their figures
# OpenTelemetry's advice for the duration of requests, in seconds
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)

REQUEST_DURATION = Histogram(
    "http_server_request_duration_seconds",
    "Duration of HTTP requests",
    ["http_request_method", "url_scheme", "http_route", "http_response_status_code"],
    buckets=BUCKETS,
)
ACTIVE_REQUESTS = Gauge(
    "http_server_active_requests",
    "HTTP requests that are being answered",
    ["http_request_method", "url_scheme"],
    multiprocess_mode="livesum",
)
PHASE_DURATION = Histogram(
    "lookalike_phase_duration_seconds",
    "Duration of each phase of a search: decode, queue, compute, index",
    ["phase"],
    buckets=(0.001, 0.0025, *BUCKETS),
)
BATCH_SIZE = Histogram(
    "lookalike_batch_size", "Queries that are embedded together", buckets=BATCH_SIZES
)
RELOADS = Counter("lookalike_reloads", "Attempts to swap in a new bundle", ["outcome"])
COLLECTED_IMAGES = Counter(
    "lookalike_collected_images",
    "Images given by users",
    ["outcome"],
)
for outcome in ("stored", "known", "too large", "too many", "failed"):
    COLLECTED_IMAGES.labels(outcome)  # zero is reported, too
INDEXED_IMAGES = Gauge("lookalike_indexed_images", "Indexed images", multiprocess_mode="max")

# Of the request that is being answered: seconds by phase
phases: ContextVar[dict[str, float]] = ContextVar("phases")


def record_phase(phase: Phase, seconds: float) -> None:
    """Note what a phase of this request took."""
    PHASE_DURATION.labels(phase).observe(seconds)
    if (of_request := phases.get(None)) is not None:
        of_request[phase] = of_request.get(phase, 0.0) + seconds


def exposition() -> bytes:
    """All figures, of all server processes, in Prometheus's text format."""
    if SHARED_FOLDER not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
