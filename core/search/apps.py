from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class SearchConfig(AppConfig):
    name = "core.search"
    label = "search"

    def ready(self) -> None:
        """Load every room's findable.py, where it says what of it can be found."""
        autodiscover_modules("findable")
        post_migrate.connect(_after_migrate, dispatch_uid="search-words")


def _after_migrate(sender: AppConfig, using: str, **kwargs: object) -> None:
    """post_migrate fires once an app; the last app's turn does the work for all."""
    from core.search.indexing import keep_words  # noqa: PLC0415 - models load after apps

    with_models = [config for config in apps.get_app_configs() if config.models_module is not None]
    if sender is with_models[-1]:
        keep_words(using=using)
