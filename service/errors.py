"""Everything that the service's own parts raise; the engine's errors are in `engine.errors`.

ServiceError
├── ExtraMissing          a setting needs a library that is not installed
├── ProblemError          an answer that is an error (`service.problems`)
├── SignatureRefused      a webhook that its sender cannot prove
└── WireUnreadable        the PSP's words make no sense
"""


class ServiceError(Exception):
    """The service could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        """Take the class docstring as the message unless told otherwise."""
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class ExtraMissing(ServiceError):
    """A setting needs a library that is not installed."""

    def __init__(self, setting: str, *, extra: str) -> None:
        """Say which setting, and how to install what it needs."""
        super().__init__(f"the setting {setting} needs: pip install 'paystorm[{extra}]'")


class SignatureRefused(ServiceError):
    """The webhook's signature does not prove its sender."""


class WireUnreadable(ServiceError):
    """The PSP's words make no sense."""
