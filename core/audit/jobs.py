"""Upkeep of the log, run by the sweeper."""

from core.audit.stall import watch
from core.outbox.periodic import every

every(30)(watch)
