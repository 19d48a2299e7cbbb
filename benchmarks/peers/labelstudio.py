"""Prepares Label Studio's database: its tables, an owner, and annotators with tokens.

Usage: labelstudio.py ENVIRONMENT(JSON) ANNOTATORS, in the peer's own environment. Prints JSON: the
environment to serve it with, its folder, the tokens (the owner's first) and the versions.
"""

import importlib.util
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

PACKAGE = Path(importlib.util.find_spec("label_studio").origin).parent
# It phones home and asks for newer versions unless it is told not to.
QUIET = {
    "COLLECT_ANALYTICS": "0",
    "LATEST_VERSION_CHECK": "0",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "DJANGO_DB": "default",
    "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
}


def people(count):
    """Give the tokens of an owner and so many annotators of one organization."""
    from organizations.models import Organization  # noqa: PLC0415 - its registry is ready now
    from rest_framework.authtoken.models import Token  # noqa: PLC0415
    from users.models import User  # noqa: PLC0415

    users = [
        User.objects.create(username=f"person{n}", email=f"person{n}@example.org")
        for n in range(count + 1)
    ]
    organization = Organization.create_organization(created_by=users[0], title="Bench")
    organization.jwt.legacy_api_tokens_enabled = True
    organization.jwt.save()
    for user in users:
        if user is not users[0]:
            organization.add_user(user)
        user.active_organization = organization
        user.save()
    return [Token.objects.get_or_create(user=user)[0].key for user in users]


def main():
    environment = {**QUIET, **json.loads(sys.argv[1])}
    os.environ.update(environment)
    sys.path.insert(0, str(PACKAGE))
    import django  # noqa: PLC0415 - its settings read the environment
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    versions = {name: version(name) for name in ("label-studio", "gunicorn")}
    told = {"environment": environment, "folder": str(PACKAGE), "versions": versions}
    print(json.dumps({**told, "tokens": people(int(sys.argv[2]))}))


if __name__ == "__main__":
    main()
