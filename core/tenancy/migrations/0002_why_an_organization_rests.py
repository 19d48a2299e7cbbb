from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="state_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unpaid", "an invoice is overdue"),
                    ("requested", "the organization asked for it"),
                    ("security", "an account may be in wrong hands"),
                    ("misuse", "it was used against the terms"),
                    ("ended", "its contract has ended"),
                ],
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="state_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
