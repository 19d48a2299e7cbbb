from django.db import migrations

from core.accounts.second_factors import move_to_active_root


def seal_what_lies_open(apps, schema_editor):
    rows = apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias)
    move_to_active_root(rows)


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_tokens_are_narrowed_and_tell_their_use"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal_what_lies_open, migrations.RunPython.noop)]
