"""The log: one JSON object a line on standard error, without addresses, searches or anything else about a person."""

from __future__ import annotations

import json
import logging
from typing import Any

from kezhong import clock

#: Everything of ours, and the web server underneath (whose line for each request is ours instead).
_LEVELS = {"kezhong": logging.INFO, "uvicorn": logging.WARNING}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the fields given as ``extra``."""

    _FIELDS = ("request_id", "method", "route", "status", "ms", "code", "job", "kind")

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        values: dict[str, Any] = {
            "time": clock.stamp(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        values.update({name: getattr(record, name) for name in self._FIELDS if hasattr(record, name)})
        if record.exc_info:
            values["trace"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False, default=str)


def configure_logging() -> None:
    """Send the log to standard error; for the program that serves, never at import."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    for name, level in _LEVELS.items():
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
