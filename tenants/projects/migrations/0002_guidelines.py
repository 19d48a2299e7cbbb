import core.clock
import core.ids
import core.tenancy.constraints
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0001_initial'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Guideline',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('label', models.CharField(blank=True, max_length=64)),
                ('text', models.TextField(blank=True)),
                ('updated_at', models.DateTimeField(default=core.clock.now)),
                ('project', core.tenancy.constraints.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='guidelines', to='projects.project')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [
                    models.UniqueConstraint(fields=('tenant', 'id'), name='projects_guideline_tenant_id'),
                    core.tenancy.constraints.TenantReference(field='project', name='projects_guideline_project_tenant_fk'),
                    models.UniqueConstraint(fields=('project', 'label'), name='projects_guideline_once_a_label'),
                ],
            },
        ),
        migrations.CreateModel(
            name='GuidelinePicture',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('object_id', models.UUIDField()),
                ('media_type', models.CharField(max_length=16)),
                ('caption', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(default=core.clock.now, editable=False)),
                ('guideline', core.tenancy.constraints.TenantForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='pictures', to='projects.guideline')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [
                    models.UniqueConstraint(fields=('tenant', 'id'), name='projects_guidelinepicture_tenant_id'),
                    core.tenancy.constraints.TenantReference(field='guideline', name='projects_guidelinepicture_guideline_tenant_fk'),
                ],
            },
        ),
    ]
