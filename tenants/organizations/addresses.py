"""What counts as an e-mail address that we can write to."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from core.errors import Invalid

#: RFC 5321 section 4.5.3.1.3 leaves so many characters to an address.
LONGEST = 254


def check_address(email: str, *, field: str, message: str) -> None:
    """Raise Invalid for `field` with `message` when this is no address, or a longer one."""
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(message, field=field) from error
    if len(email) > LONGEST:
        raise Invalid(f"An e-mail address has at most {LONGEST} characters.", field=field)
