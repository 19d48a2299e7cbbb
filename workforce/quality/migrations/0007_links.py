from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('quality', '0006_quizzes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='evidence',
            name='hota',
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name='evidence',
            name='idf1',
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name='evidence',
            name='loc_a',
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name='score',
            name='hota',
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name='score',
            name='idf1',
            field=models.FloatField(null=True),
        ),
        migrations.AlterField(
            model_name='score',
            name='loc_a',
            field=models.FloatField(null=True),
        ),
    ]
