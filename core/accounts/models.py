"""People and their API tokens. A person belongs to no tenant: memberships say where they work."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from core.clock import now
from core.ids import new_id
from core.tenancy.models import Organization


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Make an account. The password may be None: then only an invitation can set one."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Find by e-mail address, whatever its case."""
        return self.get(email=(username or "").lower())


class Theme(models.TextChoices):
    """How pages look. AUTO follows the system's own setting."""

    AUTO = "auto", "As my system has it"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Person(AbstractBaseUser, PermissionsMixin):
    """An account. There are no superusers: what a person may do follows from memberships."""

    shared_because = "one account may work for several organizations; read before a scope is open"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.AUTO)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now, editable=False)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """Give the name to greet with."""
        return self.name or self.email


class SavedView(models.Model):
    """Filters of one page under a name that a person gave them: the page's path and its query."""

    shared_because = "a person's own bookmarks of pages; opening one asks that page's own door"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=200)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "page", "name"], name="accounts_view_name")
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return f"{self.page}?{self.query}"


class ApiToken(models.Model):
    """A person's key for programs: bound to one organization, expiring, kept only as a hash."""

    shared_because = "authenticates a request before a scope is open; holds a hash and ids"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="api_tokens")
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32, unique=True)
    #: Values of Permission that the token is narrowed to; None for all that its person holds.
    permissions = models.JSONField(null=True, blank=True)
    #: Whether it may do dangerous acts, for which a session asks for a fresh proof.
    sudo = models.BooleanField(default=False)
    #: Whether it was made in a session that a passkey had opened.
    second_factor = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
