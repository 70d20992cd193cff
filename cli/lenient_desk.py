"""Texts from elsewhere, in any folder layout, for `broadsheet build --lenient`."""

from pathlib import Path, PurePath

from broadsheet.content.findings import Finding
from broadsheet.content.import_locations import locate_texts
from broadsheet.newsletter import Newsletter
from cli.folder_ports import DeskFolder
from cli.newsletter_file import newsletter_for, only_named, plain_newsletter
from cli.text_files import content_of, draft_findings, imported_texts

DESK_FOLDERS = ("drafts", "reports", "revisions")


def located_anywhere(
    desk: Path, newsletter: Path | None, edition: str | None
) -> tuple[Newsletter, DeskFolder, list[Finding]]:
    """The newsletter, the texts by issue and edition, and findings about other files."""
    files = [file for file in imported_texts(desk) if file.relative_to(desk).parts[0] not in DESK_FOLDERS]
    found = newsletter_for(desk, newsletter)
    settings = found or plain_newsletter(desk.resolve().name, files, edition)
    texts, findings = _imported(desk, files, settings, edition)
    drafts = [finding for finding in draft_findings(desk) if _is_of_import(finding, desk)]
    return settings, texts, findings + drafts


def _imported(
    desk: Path, imported: list[Path], newsletter: Newsletter, edition: str | None
) -> tuple[DeskFolder, list[Finding]]:
    """The texts of an import by issue and edition, wherever they are in the folder."""
    texts: dict[str, dict[str, Path]] = {}
    findings = []
    files = {file.relative_to(desk): file for file in imported}
    contents: dict[PurePath, bytes] = {path: content_of(file) for path, file in files.items()}
    named = only_named(newsletter, imported)
    for path, location in locate_texts(contents, newsletter, edition, only_named=named).items():
        if isinstance(location, Finding):
            findings.append(location)
        else:
            texts.setdefault(location.issue_id, {})[location.edition] = files[Path(path)]
    return DeskFolder(texts, lenient=True), findings


def _is_of_import(finding: Finding, desk: Path) -> bool:
    """Whether it is about a text of an import, and not about a draft, report or revision of a desk."""
    return Path(finding.file).relative_to(desk).parts[0] not in DESK_FOLDERS or not (desk / "issues").is_dir()
