"""Forecasts of a client with much work, kept for a few minutes for all that ask.

They lie in the shared cache, one a clip, since a page shows a few of many thousands. When they grow
old, the one who asks first orders new ones of a job, and everybody reads the former ones until it
has drawn them: drawing thousands takes seconds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache

from core.tenancy.scope import require_tenant
from workforce.delivery.forecast import Forecast

#: Seconds after which they are drawn anew, seconds after which nobody waits for an ordered drawing
#: any more, and seconds after which nobody reads the former ones. The clocks' hourly round asks, so
#: that next to nobody meets the last.
FRESH, DRAWING, KEPT = 300, 120, 7200

Forecasts = Mapping[UUID, Forecast | None]


def kept_or_drawn(
    clips: Iterable[UUID],
    draw: Callable[[datetime], Forecasts],
    order: Callable[[], object],
    instant: datetime,
) -> tuple[Forecasts, datetime]:
    """Give the forecasts of clips of the open scope, and when they were drawn.

    draw: makes those of all clips that are in work, for an instant; called where none are kept.
    order: asks somebody else to `draw_if_old`.
    """
    tenant = require_tenant()
    names = {_key(tenant, clip): clip for clip in clips}
    drawn_at, fresh = _key(tenant, "drawn-at"), _key(tenant, "fresh")
    kept = cache.get_many([drawn_at, fresh, *names])
    former = kept.get(drawn_at)
    if former is None:
        return draw_and_keep(draw, instant), instant
    if fresh not in kept and cache.add(_key(tenant, "ordered"), 1, DRAWING):
        order()
    return _read(kept, names), datetime.fromisoformat(former)


def draw_if_old(draw: Callable[[datetime], Forecasts], instant: datetime) -> None:
    """Draw and keep them, unless it was just done: orders gather while there is no worker."""
    if not cache.get(_key(require_tenant(), "fresh")):
        draw_and_keep(draw, instant)


def draw_and_keep(draw: Callable[[datetime], Forecasts], instant: datetime) -> Forecasts:
    """Draw the forecasts of all clips of the open scope that are in work, for all that ask."""
    tenant = require_tenant()
    drawn = draw(instant)
    written: dict[str, Any] = {
        _key(tenant, clip): _written(one) for clip, one in drawn.items() if one is not None
    }
    cache.set_many({**written, _key(tenant, "drawn-at"): instant.isoformat()}, KEPT)
    cache.set(_key(tenant, "fresh"), 1, FRESH)
    cache.delete(_key(tenant, "ordered"))
    return drawn


def _key(tenant: UUID, what: object) -> str:
    return f"forecast:{tenant}:{what}"


def _written(one: Forecast) -> dict[str, Any]:
    spans = {name: getattr(one, name).total_seconds() for name in ("low", "middle", "high")}
    return {**asdict(one), **spans}


def _read(kept: Mapping[str, Any], names: Mapping[str, UUID]) -> dict[UUID, Forecast | None]:
    return {
        clip: Forecast(
            **{
                **kept[key],
                **{name: timedelta(seconds=kept[key][name]) for name in ("low", "middle", "high")},
            }
        )
        for key, clip in names.items()
        if key in kept
    }
