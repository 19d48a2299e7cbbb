"""Django's way to hash passwords, in few rounds."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    iterations = PBKDF2PasswordHasher.iterations // 1000
