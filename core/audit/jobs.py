"""Upkeep of the log, run by the sweeper."""

from core.audit import missed, stall
from core.outbox.periodic import every

HOUR = 3600

every(30)(stall.watch)
every(24 * HOUR)(missed.watch)
