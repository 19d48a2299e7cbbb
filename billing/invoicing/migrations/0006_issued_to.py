from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('invoicing', '0005_collection_once'),
    ]

    operations = [
        migrations.AddField(
            model_name='creditnote',
            name='issued_to',
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='invoice',
            name='issued_to',
            field=models.JSONField(default=dict, editable=False),
        ),
    ]
