"""Logs as one JSON object a line, on standard error; only the programs set them up."""

import logging

import structlog

LEVEL = logging.INFO


def configure_logs() -> None:
    """Send every record of the standard library's logging through structlog."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=LEVEL, force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells every request, and we tell what came of them
