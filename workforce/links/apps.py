from django.apps import AppConfig


class LinksConfig(AppConfig):
    name = "workforce.links"
    label = "links"

    def ready(self) -> None:
        """Register the frame rule."""
        from workforce.links import frames  # noqa: F401, PLC0415 - models load after apps
