"""The id of a request: on its error page, in a header of its answer, and in each line it logs."""

import logging
from contextvars import ContextVar
from uuid import uuid4

_current: ContextVar[str] = ContextVar("request_id", default="-")


def begin() -> str:
    """Give an unguessable id to the request that begins here."""
    made = uuid4().hex[:12]
    _current.set(made)
    return made


class RequestIdFilter(logging.Filter):
    """Put the id of the request under way on each record; a dash outside of one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        record.request_id = _current.get()
        return True
