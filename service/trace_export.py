"""Spans on their way to a collector, by OpenTelemetry's SDK; importing this needs the extra `telemetry`."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_TIMEOUT_S = 5  # a collector that hangs must not keep a program that was told to end


def sending_provider(endpoint: str, *, name: str) -> TracerProvider:
    """Return a provider whose spans are sent in batches; OpenTelemetry's own variables may give it another name."""
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}).merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_TIMEOUT_S)))
    return provider
