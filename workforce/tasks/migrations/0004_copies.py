from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tasks", "0003_excluded")]

    operations = [migrations.RenameField("task", "for_gold", "is_copy")]
