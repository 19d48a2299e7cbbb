"""Counters that all processes of the portal share: tries of second steps, codes that were used.

They lie in the broker's Valkey. While it is away each process counts for itself: a limit for each
process is less than one for all, and still a limit; and whoever has to mend the broker gets in.
Wrong passwords are counted in the database and need none of this.
"""

import json
import logging
from collections.abc import Callable
from functools import cache as once
from functools import cached_property
from typing import Any, Final, TypeVar

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

#: Seconds that a request waits for a Valkey that does not answer.
PATIENCE: Final = 0.5
#: Django's own 300 entries would let one network push the counters of others out.
HELD_HERE: Final = 100_000

#: One more on a counter that lapses by itself, in one step.
_COUNT: Final = """
local used = redis.call('incr', KEYS[1])
if used == 1 then redis.call('expire', KEYS[1], ARGV[1]) end
return used"""

Answer = TypeVar("Answer")


class PlainJson:
    """Values as JSON: pickles would let whoever writes to Valkey run code here."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, raw: bytes) -> Any:
        return json.loads(raw)


class PrefixedCache(RedisCache):
    """A cache that lies beside something else: to clear it leaves the broker's queues alone."""

    @cached_property
    def _counting(self) -> Callable[..., Any]:
        # On a client that is kept, by all threads: to make one takes longer than to ask.
        return self._cache.get_client(write=True).register_script(_COUNT)

    def count(self, key: str, timeout: int) -> int:
        return int(self._counting([self.make_key(key)], [timeout]))

    def clear(self) -> None:
        client = self._cache.get_client(write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*"):
            client.delete(key)


@once
def _valkey(address: str, prefix: str) -> PrefixedCache:
    """One pool of connections for the process: Django makes a cache for each request."""
    options = {
        "serializer": PlainJson,
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "retry": Retry(NoBackoff(), 0),
    }
    return PrefixedCache(address, {"KEY_PREFIX": prefix, "OPTIONS": options})


class SharedCache(BaseCache):
    """Valkey's cache, and this process's memory while Valkey is away."""

    away = False

    def __init__(self, address: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._there = _valkey(address, self.key_prefix)
        self._here = LocMemCache(
            "while-valkey-is-away",
            {"KEY_PREFIX": self.key_prefix, "OPTIONS": {"MAX_ENTRIES": HELD_HERE}},
        )

    def _asked(
        self, act: Callable[[BaseCache], Answer], here: Callable[[], Answer] | None = None
    ) -> Answer:
        """Do it there, or here while Valkey is away; `here`, if that goes another way."""
        try:
            answer = act(self._there)
        except RedisError as error:
            self._note(away=True, why=str(error))
            return here() if here else act(self._here)
        self._note(away=False)
        return answer

    def _note(self, *, away: bool, why: str = "") -> None:
        """Log a change, not each request of an outage."""
        if away != SharedCache.away:
            SharedCache.away = away
            if away:
                logger.warning("Valkey is away, so this process counts tries alone: %s", why)
            else:
                logger.info("Valkey is back: processes count tries together.")

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        return self._asked(lambda store: store.add(key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._asked(lambda store: store.get(key, default, version))

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        self._asked(lambda store: store.set(key, value, timeout, version))

    def get_many(self, keys: Any, version: Any = None) -> dict[Any, Any]:
        """Read several in one trip."""
        names = list(keys)
        return self._asked(lambda store: store.get_many(names, version)) if names else {}

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> list[Any]:
        """Write several in one trip; none fails alone."""
        return self._asked(lambda store: store.set_many(data, timeout, version)) if data else []

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Add to a counter in one step. Raises ValueError where there is none."""
        return self._asked(lambda store: store.incr(key, delta, version))

    def count(self, key: str, timeout: int) -> int:
        """Add one to a counter and give what it says; a new one lapses after `timeout` seconds."""

        def here() -> int:
            return 1 if self._here.add(key, 1, timeout) else self._here.incr(key)

        try:
            return self._asked(lambda _: self._there.count(key, timeout), here)
        except ValueError:  # it lapsed between two steps in this process's memory
            return 1

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return self._asked(lambda store: store.touch(key, timeout, version))

    def delete(self, key: Any, version: Any = None) -> bool:
        return self._asked(lambda store: store.delete(key, version))

    def clear(self) -> None:
        self._here.clear()
        self._asked(lambda store: store.clear())


def shared() -> SharedCache:
    """Give the cache of the settings, with what only this one can do."""
    found = caches["default"]
    assert isinstance(found, SharedCache)
    return found
