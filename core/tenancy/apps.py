from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class TenancyConfig(AppConfig):
    name = "core.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        post_migrate.connect(_after_migrate, dispatch_uid="tenancy-policies")


def _after_migrate(sender: AppConfig, using: str, **kwargs: object) -> None:
    """post_migrate fires once an app; the last app's turn does the work for all."""
    from core.tenancy.policies import apply_policies  # noqa: PLC0415 - models load after apps

    with_models = [config for config in apps.get_app_configs() if config.models_module is not None]
    if sender is with_models[-1]:
        apply_policies(using=using)
