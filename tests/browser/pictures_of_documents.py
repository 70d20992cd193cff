"""Takes the pictures in `docs/pictures/` of the sample newsletter, as `make pictures` does.

They are as small as a palette makes them. Take them again whenever pages or mails look different.
"""

import re
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from broadsheet.mailings.compose import mail_body
from broadsheet.mailings.template_text import VALUES
from infrastructure.build import ROOT
from tests.browser.conftest import chromium_path
from tests.builders import a_sample_issue, the_sample_desk, the_sample_newsletter
from tests.fakes.issues import FakeDesk
from tests.fakes.publishing import PublishingSystem

FOLDER = ROOT / "docs" / "pictures"
WEEK = "2016-12-05"
WIDTH, HEIGHT, COLOURS = 880, 1000, 200


def take_pictures(folder: Path = FOLDER) -> None:
    """Write page.png and mail.png; a second call overwrites them."""
    system = PublishingSystem(the_sample_newsletter(), FakeDesk(the_sample_desk()))
    system.publish(WEEK)
    with TemporaryDirectory() as written, sync_playwright() as playwright:
        site = Path(written)
        for path, content in {**system.site.objects, "mail.html": _mail()}.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(content)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        _take(page, site / "en" / WEEK / "belarus-west-1.html", folder / "page.png")
        _take(page, site / "mail.html", folder / "mail.png")
        browser.close()


def _mail() -> bytes:
    """The week's mail as it arrives, each variable replaced by its value."""
    html = mail_body(a_sample_issue(WEEK, "en"), the_sample_newsletter()).html
    return re.sub(r"\{\{(.*?)\}\}", lambda found: VALUES.get(found[1].strip(), "#"), html).encode()


def _take(page: Page, shown: Path, picture: Path) -> None:
    page.goto(shown.as_uri())
    page.wait_for_load_state("networkidle")
    with Image.open(BytesIO(page.screenshot())) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    take_pictures()
