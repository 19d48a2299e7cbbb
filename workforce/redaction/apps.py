from django.apps import AppConfig


class RedactionConfig(AppConfig):
    name = "workforce.redaction"
    label = "redaction"

    def ready(self) -> None:
        """Register the frame rule."""
        from workforce.redaction import checkers  # noqa: F401, PLC0415 - models load after apps
