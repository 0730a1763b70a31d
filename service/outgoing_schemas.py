"""Endpoints and events as merchants see them, in the API and in what is sent to them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from engine.outgoing import DeliveryRecord, DeliveryState, EchoKind, Endpoint, EndpointState, EventType, OutgoingEvent
from engine.payment import Payment
from service.schemas import PaymentView, RefundView, rfc3339
from service.store import ToldEvent
from service.targets import URL_LENGTH_MAX

type WebAddress = Annotated[str, StringConstraints(min_length=1, max_length=URL_LENGTH_MAX, pattern=r"^[\x21-\x7e]+$")]
type Name = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_]{1,64}$")]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class EndpointRequest(_Request):
    """Body of `POST /v1/endpoints`."""

    url: WebAddress


class EndpointChangeRequest(_Request):
    """Body of `PATCH /v1/endpoints/{id}`; what is left out stays as it is."""

    url: WebAddress | None = None
    status: Literal["enabled", "disabled"] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> "EndpointChangeRequest":
        if self.url is None and self.status is None:
            raise ValueError("give url, status, or both")
        return self


class ResendRequest(_Request):
    """Body of `POST /v1/events/{id}/resend`; without it the event goes to all enabled endpoints."""

    endpoint_id: Name | None = None


class EndpointView(BaseModel):
    """An endpoint; its secret is not shown again."""

    id: str
    object: Literal["endpoint"] = "endpoint"
    url: str
    status: EndpointState
    disabled_reason: str | None
    created_at: str

    @classmethod
    def of(cls, endpoint: Endpoint) -> "EndpointView":
        """Return the view of an endpoint that is not deleted."""
        assert endpoint.url is not None, "what is deleted is not shown"
        return cls(
            id=endpoint.id,
            url=endpoint.url,
            status=endpoint.state,
            disabled_reason=endpoint.disabled_reason,
            created_at=rfc3339(endpoint.created_at_us),
        )


class NewEndpointView(EndpointView):
    """An endpoint with a secret that was just made. Keep it: nobody shows it again."""

    secret: Annotated[str, Field(description="Verifies events by Standard Webhooks; begins with whsec_.")]

    @classmethod
    def new(cls, endpoint: Endpoint) -> "NewEndpointView":
        """Return the view of an endpoint that is not deleted, with its secret."""
        assert endpoint.secret is not None, "only what is deleted has none"
        return cls(**dict(EndpointView.of(endpoint)), secret=endpoint.secret)


class EventBody(BaseModel):
    """An event as it is sent: the envelope of Standard Webhooks, and in it the object as it was then."""

    id: str
    object: Literal["event"] = "event"
    type: EventType
    timestamp: Annotated[str, Field(description="When it happened, which may be long before it is sent.")]
    sequence: Annotated[int, Field(description="Grows with each event about the same object.")]
    data: PaymentView | RefundView

    @classmethod
    def of(cls, event: OutgoingEvent) -> "EventBody":
        """Return what is sent of an event."""
        subject = event.subject
        return cls(
            id=event.id,
            type=event.type,
            timestamp=rfc3339(event.occurred_at_us),
            sequence=event.sequence,
            data=PaymentView.of(subject) if isinstance(subject, Payment) else RefundView.of(subject),
        )


class DeliveryView(BaseModel):
    """An event on its way to one endpoint."""

    endpoint_id: str
    status: DeliveryState
    tries: int
    last_try_at: str | None
    last_echo: Annotated[EchoKind | None, Field(description="What came of the last try that has ended.")]
    last_status: Annotated[int | None, Field(description="The HTTP status of that answer, if there was one.")]
    last_note: Annotated[str | None, Field(description="What was in the way, if there was no answer.")]
    next_try_at: str | None

    @classmethod
    def of(cls, record: DeliveryRecord) -> "DeliveryView":
        """Return the view of a delivery."""
        return cls(
            endpoint_id=record.endpoint_id,
            status=record.state,
            tries=record.tries,
            last_try_at=_moment(record.tried_at_us),
            last_echo=record.echo,
            last_status=record.status,
            last_note=record.note,
            next_try_at=_moment(record.due_at_us),
        )


class EventView(EventBody):
    """An event, and how far it has got."""

    deliveries: list[DeliveryView]

    @classmethod
    def told(cls, told: ToldEvent) -> "EventView":
        """Return the view of an event with its deliveries."""
        body = EventBody.of(told.event)
        return cls(**dict(body), deliveries=[DeliveryView.of(one) for one in told.deliveries])


def _moment(at_us: int | None) -> str | None:
    return None if at_us is None else rfc3339(at_us)
