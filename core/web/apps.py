from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "core.web"
    label = "web"

    def ready(self) -> None:
        import core.web.celery  # noqa: PLC0415
        import core.web.signins  # noqa: F401, PLC0415 - Celery's current app; sign-ins are logged
