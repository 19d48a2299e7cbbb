from django.apps import AppConfig


class LabelsConfig(AppConfig):
    name = "workforce.labels"
    label = "labels"
