from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class OutboxConfig(AppConfig):
    name = "core.outbox"
    label = "outbox"

    def ready(self) -> None:
        """Load every room's jobs.py, where jobs and event handlers register themselves."""
        autodiscover_modules("jobs")
