"""Traces of what the service does, sent with OpenTelemetry to whoever collects them; off unless a setting says where.

As soon as there is a provider, FastAPI makes a span of each request; each question to the PSP is one within it, or one
by itself where the worker asks. A span names routes, ids, statuses and outcomes, never a body, a header or an error's
own words: these may quote a secret. Who samples, and as what the service appears, is said in OpenTelemetry's own
variables (`OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`; https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace

from engine.reconciliation import Trial
from service.errors import ExtraMissing

NAME = "paystorm"
REQUESTS = TelemetryConfig(tracing=True, metrics=False, logs=False, operation_spans=False, auto_configure=False)
"""What FastAPI tells: spans of requests. Its logs would quote errors, and metrics are Prometheus' here."""


@contextmanager
def traces_sent(endpoint: str | None) -> Iterator[None]:
    """Send what is traced meanwhile to this address, such as http://127.0.0.1:4318/v1/traces; None: nowhere.

    Raises:
        ExtraMissing: OpenTelemetry's SDK is not installed.
    """
    if endpoint is None:
        yield
        return
    try:
        from service.trace_export import sending_provider  # noqa: PLC0415 - what it imports is an extra
    except ImportError as error:
        raise ExtraMissing("traces_endpoint", extra="telemetry") from error
    provider = sending_provider(endpoint, name=NAME)
    trace.set_tracer_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def question_span(question: str, trial: Trial) -> AbstractContextManager[trace.Span]:
    """Return the span of a question to the PSP, which costs next to nothing where nobody listens."""
    return trace.get_tracer(NAME).start_as_current_span(
        f"PSP {question}",
        kind=trace.SpanKind.CLIENT,
        attributes={"paystorm.payment_id": trial.payment.id, "paystorm.attempt_id": trial.attempt.id},
        record_exception=False,
        set_status_on_exception=False,
    )
