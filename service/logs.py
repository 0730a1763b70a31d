"""Logs on standard error, one JSON object a line or as text; only the programs set them up."""

import logging
from traceback import format_tb
from typing import Literal

import structlog

LEVEL = logging.INFO
_CAUSES_MAX = 10


def configure_logs(log_format: Literal["json", "text"] = "json") -> None:
    """Send every record of the standard library's logging through structlog, with the ids that are bound."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=LEVEL, force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells every request, and we tell what came of them


def obituary(error: BaseException) -> str:
    """Return what went wrong and where, in code alone: an error's own words may quote a row, and so a secret."""
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < _CAUSES_MAX:
        chain.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or cause.__context__
    return f"{' from '.join(chain)}\n{''.join(format_tb(error.__traceback__))}"
