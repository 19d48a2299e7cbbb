from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "workforce.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Register the frame rule."""
        from workforce.delivery import seam_access  # noqa: F401, PLC0415 - models load after apps
