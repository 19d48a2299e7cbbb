from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quality', '0007_links'),
    ]

    operations = [
        migrations.AlterField(
            model_name='reviewdecision',
            name='outcome',
            field=models.CharField(choices=[('accept', 'Accept'), ('send_back', 'Send Back'), ('correct', 'Correct')], max_length=16),
        ),
    ]
