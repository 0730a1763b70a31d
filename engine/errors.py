"""Everything that can go wrong in the engine and is somebody's business to handle.

EngineError
├── KeyMalformed            the idempotency key cannot be one
├── KeyReused               the key came with another payload
├── RequestInFlight         the first request with this key is still running
├── TargetRefused           events may not be sent to this address
└── StoreError              raised by stores
    ├── StoreBusy           another transaction is in the way; nothing was written
    └── StoreUnavailable    the store did not answer; whether it wrote is unknown

The first line of a docstring is the message.
"""


class EngineError(Exception):
    """The engine could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        """Take the class docstring as the message unless told otherwise."""
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class KeyMalformed(EngineError):
    """The idempotency key must be 1 to 255 visible ASCII characters."""


class KeyReused(EngineError):
    """This idempotency key was used before with another request."""


class RequestInFlight(EngineError):
    """The first request with this idempotency key is still being processed."""


class TargetRefused(EngineError):
    """Events may not be sent to this address."""


class StoreError(EngineError):
    """The store could not do what was asked."""


class StoreBusy(StoreError):
    """Another transaction is in the way; nothing was written and a repeat may succeed."""


class StoreUnavailable(StoreError):
    """The store did not answer; whether it wrote anything is unknown."""
