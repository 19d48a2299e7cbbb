"""Waking a worker: a message that says nothing but "there is work"; it may get lost.

Every request that leaves a job sends one. To have Celery make and send it takes longer than to
write the job, and it is the same each time but for its ids: so Celery makes it once a process, and
where the broker is Valkey or Redis, it is put on the queue as kombu does (kombu.transport.redis).
"""

import base64
import json
import logging
from collections.abc import Callable
from functools import cache
from uuid import UUID

from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError
from kombu.serialization import dumps
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.ids import new_id

log = logging.getLogger(__name__)

#: The one Celery task; its message carries nothing.
TASK = "outbox.run"
_NO_ID = str(UUID(int=0))


def hint() -> bool:
    """Wake a worker. A broker that is down costs time, not jobs: then it is False."""
    try:
        _sender(settings.CELERY_BROKER_URL, settings.CELERY_TASK_DEFAULT_QUEUE)()
    except (OSError, OperationalError, RedisError) as error:
        log.warning("jobs wait for the sweeper: %s", type(error).__name__)
        return False
    return True


def make_message() -> None:
    """Have the message made, so that the first to send one does not wait for it."""
    _sender(settings.CELERY_BROKER_URL, settings.CELERY_TASK_DEFAULT_QUEUE)


@cache
def _sender(broker: str, queue: str) -> Callable[[], object]:
    """Give what sends one message; it may be called by any thread."""
    scheme = broker.partition("://")[0]
    if scheme not in {"redis", "redis+socket"}:
        return lambda: current_app.send_task(TASK, retry=False)
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    client: Redis = Redis.from_url(
        broker.replace("redis+socket://", "unix://", 1),
        socket_timeout=options["socket_timeout"],
        socket_connect_timeout=options["socket_connect_timeout"],
        # Once again at once, as the connection may be of before the broker's restart.
        retry=Retry(NoBackoff(), 1),
    )
    made = _message(queue)
    return lambda: client.lpush(queue, made.replace(_NO_ID, str(new_id())))


def _message(queue: str) -> str:
    """Give the message as it lies in the broker, with `_NO_ID` for each of its ids."""
    task = current_app.amqp.as_task_v2(_NO_ID, TASK, args=(), kwargs={}, ignore_result=True)
    content_type, encoding, body = dumps(task.body, serializer="json")
    return json.dumps(
        {
            "body": base64.b64encode(body.encode()).decode(),
            "content-encoding": encoding,
            "content-type": content_type,
            "headers": task.headers,
            "properties": {
                **task.properties,
                "body_encoding": "base64",
                "delivery_info": {"exchange": "", "routing_key": queue},
                "delivery_mode": 2,
                "delivery_tag": _NO_ID,
                "priority": 0,
            },
        }
    )
