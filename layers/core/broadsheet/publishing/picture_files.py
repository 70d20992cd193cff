"""An issue's pictures as files: uploaded to the site, and replaced on the desk by ones without metadata."""

from broadsheet.archive.register import Record
from broadsheet.publishing.picture_inspection import PictureInspector
from broadsheet.publishing.ports import Desk
from broadsheet.publishing.register_writes import OvertakenError
from broadsheet.site.ports import Site


def upload_pictures(record: Record, pictures: PictureInspector, site: Site) -> None:
    """Upload what the record shows and the site lacks; the register named it before."""
    shown = {picture.largest.path: (source, picture) for source, picture in record.pictures()}
    there = set(site.names(f"media/{record.issue}/")) if shown else set()
    for path in sorted(set(shown) - there):
        for name, content in pictures.contents(*shown[path]):
            site.put(name, content, forever=True)


def replace_originals(record: Record, pictures: PictureInspector, desk: Desk) -> None:
    """Leave no original on the desk that the site shows.

    It runs once the pages are written and before the files are marked as processed, so that the next worker
    resumes if this one dies. The events of our own writes find the folder processed.

    Raises:
        OvertakenError: originals were replaced, so the folder is to be processed as it is now.
    """
    sources = [source for source in sorted(dict(record.pictures())) if source in pictures.files.pictures]
    if any([pictures.replace_original(source, desk) for source in sources]):  # noqa: C419  # each of them
        raise OvertakenError(record.issue)
