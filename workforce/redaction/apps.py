from django.apps import AppConfig


class RedactionConfig(AppConfig):
    name = "workforce.redaction"
    label = "redaction"
