from django.apps import AppConfig


class QualityConfig(AppConfig):
    name = "workforce.quality"
    label = "quality"
