"""Looks after the site's front page: where it is missing, more may be."""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.publishing.desk_events import RebuildRequest
from broadsheet.site.ports import Site

FRONT_PAGE = "index.html"


@dataclass(frozen=True)
class RequestRebuild:
    """A use case of the sweep: requests a rebuild if the site has lost its front page."""

    site: Site
    send: Callable[[RebuildRequest], None]
    new_run: Callable[[], str]

    def __call__(self) -> bool:
        """Whether the front page is missing; one call of S3 if it is there. Each call sends a request."""
        if self.site.etag(FRONT_PAGE) is not None:
            return False
        self.send(RebuildRequest(self.new_run()))
        return True
