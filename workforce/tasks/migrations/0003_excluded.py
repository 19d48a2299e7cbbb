import django.contrib.postgres.fields
from django.db import migrations, models

COPY = "update tasks_queueentry set excluded = array[not_for] where not_for is not null"


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_requirements_and_reservations")]

    operations = [
        migrations.AddField(
            model_name="queueentry",
            name="excluded",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), default=list, size=None
            ),
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="queueentry", name="not_for"),
    ]
