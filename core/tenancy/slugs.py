"""Names as they stand in addresses, where only ASCII letters, digits and hyphens may."""

from django.utils.text import slugify

#: A label of a domain name is no longer.
LONGEST = 63


def slug_of(name: str, *, otherwise: str) -> str:
    """Give the slug of a name; "" for one without any letter or digit.

    otherwise: what stands for a name in letters that no address has, such as Arabic ones.
    """
    if not any(character.isalnum() for character in name):
        return ""
    return slugify(name)[:LONGEST] or otherwise
