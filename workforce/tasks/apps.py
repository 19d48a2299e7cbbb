from django.apps import AppConfig


class TasksConfig(AppConfig):
    name = "workforce.tasks"
    label = "tasks"

    def ready(self) -> None:
        """Register the frame rule and the sweep of leases."""
        from workforce.tasks import frames, leases  # noqa: F401, PLC0415 - models load after apps
