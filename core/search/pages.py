"""The page of the search, which is also the inside of its dialog."""

from typing import Any

from core.search.finding import look, read_query
from core.web.account_pages import AccountPage


class Search(AccountPage):
    """Everything that one may see, by the beginnings of its words."""

    template_name = "search/page.html"

    def get_template_names(self) -> list[str]:
        """Give only the list where the dialog asks."""
        return ["search/hits.html"] if "fragment" in self.request.GET else [self.template_name]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = read_query(self.request.GET.get("q", ""))
        here = self.request.GET.get("t", "")
        groups = look(self.request.user, asked, here=here)
        count = sum(len(group.hits) for group in groups)
        return super().get_context_data(
            q=asked.text, here=here, groups=groups, count=count, asked=bool(asked.words), **kwargs
        )
