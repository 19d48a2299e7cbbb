"""The words by which things are found. Written by triggers on the things, so they never disagree.

Under row-level security LIKE and full-text operators use no index, because they are not leakproof;
comparisons of text are. So a word is found by its range, from the prefix to what follows it, in the
collation "C", in which the range is the prefix and nothing else.
"""

from django.db import models

from core.tenancy.models import TenantOwned

#: Longer words are cut.
LONGEST = 64


class SearchWord(TenantOwned):
    """One word of the name of one thing."""

    word = models.CharField(max_length=LONGEST, db_collation="C")
    kind = models.CharField(max_length=24)
    object_id = models.UUIDField()

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(fields=["tenant", "word", "kind", "object_id"], name="search_by_word"),
            models.Index(fields=["tenant", "object_id"], name="search_by_object"),
        ]

    def __str__(self) -> str:
        return f"{self.word}: {self.kind} {self.object_id}"
