"""The HTTP API, one file per resource."""

from service.routes.discrepancies import router as discrepancies
from service.routes.endpoints import router as endpoints
from service.routes.events import outgoing_event
from service.routes.events import router as events
from service.routes.health import router as health
from service.routes.payments import router as payments
from service.routes.problems import router as problems
from service.routes.refunds import router as refunds
from service.routes.webhooks import router as webhooks

__all__ = [
    "discrepancies",
    "endpoints",
    "events",
    "health",
    "outgoing_event",
    "payments",
    "problems",
    "refunds",
    "webhooks",
]
