"""One term for one thing in each language, and its quotation marks, apostrophes and spaces.

All files of all languages are read: words, reports, findings, and the edition in newsletter.toml. To settle
a term, add what must not be written (a regular expression, upper and lower case alike) and what to write.
"""

import re
import string
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCALES = ROOT / "layers" / "core" / "broadsheet" / "locales"
LANGUAGES = sorted(folder.name for folder in LOCALES.iterdir())
LOCALE_FILES = ("words", "reports", "findings")
FILES = (*LOCALE_FILES, "newsletter")
TRANSLATED = ("be", "ru")
FORBIDDEN = {
    "en": {
        r"\be-mail": "email",
        r"\bmails\b|\bmailed\b|\b(mail|mailing) (me|them|us|you)\b|\bto mail\b": "email, send",
        r"\b(a|an|any|each|every|further|no|our|the|this|your) mail\b(?! (service|provider))": "email",
        r"\b(our|this|every|each|weekly) letters?\b|\ba letter (a|to|from)\b|\bletter a week\b": "email",
        r"\b(leave|left) (our|the) list\b|\b(have|just|you) left\b|\bto leave\b": "unsubscribe",
        r"\brecords? about you\b|\b(my|your|whole) record\b": "your data, what we keep about you",
        r"\berased from\b|\bare erased\b": "erased (of data, not of people)",
        r"\bfingerprint": "code",
        r"\bcomplained\b": "marked as spam",
        r"\bbounced for good\b": "bounced permanently",
        r"\bthe (whole|latest|last) week\b|\bearlier weeks\b": "issue",
        r"\bprivate preview\b": "preview",
        r"\bmend(s|ed|ing)?\b": "fix",
        r"\blook into (?!your mailbox\b|it\b)": "look at, check",
        r"\bit (stands|lies)\b|\bstands? (in|at|here)\b": "is",
        r"\bonly who\b": "only someone who",
        r"\bwe take\b|\bcan ?not be taken\b": "accept",
        r"\bgo(es|ne)? on with\b": "continue",
        r"\bnamed by\b": "named after",
        r"\bof late\b|\blately\b": "recently",
        r"\bsome (days|hours|minutes)\b": "a few",
        r"\bcan not\b": "cannot",
        r"\bsells? and\b": "never sell or",
    },
    "be": {
        r"\bскрын(?!к|ц)": "паштовая скрынка, пошта",
        r"\bпоштай\b": "на пошту",
        r"\bзапыт": "заяўка",
        r"\bпакін\w+ (наш )?спіс": "адпісацца",
        r"\bадпіс[кц]": "адмова ад падпіскі",
        r"\bсы(шоў|шл|сц|ход)": "адпісацца, адмова ад падпіскі",
        r"\bпаскардз": "пазначыць як спам",
        r"\bназаўсёды вярнул|вярнул\w+ назаўсёды": "не дастаўлена",
        r"\bмалюнак:": "ілюстрацыя",
        r"\bадзнак": "пазнака",
        r"\b(апошні|увесь|папярэднія) ты(дзень|дні)": "выпуск",
        r"\b(гэты|увесь|папярэдні|наступны) нумар\b|^нумар$": "выпуск",
        r"\bглядзець усё": "усе выпускі",
        r"\bадклікан": "зняты з публікацыі",
        r"\bрахун": "уліковы запіс",
        r"\bканчат(ак|к(у|а|і|аў|ам|амі))\b": "пашырэнне",
        r"\b(бяром|бярэм)\b": "прымаем",
        r"\bажно\b": "аж",
        r"\bзараз\b": "цяпер",
        r"\bмашын": "боты",
        r"\bтэчк": "папка",
        r"\bзамык|\bзамкну": "абараніць, закрыць доступ",
        r"\bвы сцёрт": "сцерці даныя",
        r"\bпрыватны прагляд": "папярэдні прагляд",
    },
    "ru": {
        r"\b(ваш(ем|его)?|свой|своём) ящик": "почтовый ящик, почта",
        r"\bпо почте\b": "на почту",
        r"\bзапрос": "заявка",
        r"\bпокин\w+ (наш )?список": "отписаться",
        r"\bотписк": "отказ от подписки",
        r"\bуш(ли|ёл)\b|\bухода?\b": "отписаться, отказ от подписки",
        r"\bпожалова": "отметить как спам",
        r"вернул\w+ навсегда|\bнавсегда вернул": "не доставлено",
        r"\bрисунок\b": "иллюстрация",
        r"\b(последняя|вся|предыдущие) недел": "выпуск",
        r"\bсмотреть все\b": "все выпуски",
        r"\bотозван": "снят с публикации",
        r"\bокончани": "расширение",
        r"\bберём\b": "принимаем",
        r"\bмашин": "боты",
        r"\bпрочесть\b": "прочитать",
        r"\bзапир|\bзапереть": "защитить, закрыть доступ",
        r"\bвы стёрт": "стереть данные",
    },
}
QUOTES = {"en": ("“", "”"), "be": ("«", "»"), "ru": ("«", "»")}
ALL_QUOTES = "\"'‘„“”«»"
IN_CODE = re.compile(r'= ".*?"|\["…", "…"\]|\\"|"{3}')  # as newsletter.toml writes it
UNITS = {
    "be": r"%|кБ|МБ|гадзін|дзён|дзень|дні|дня|хвілін|секунд|пікс",
    "ru": r"%|кБ|МБ|час|дней|день|дня|минут|секунд|пикс",
}
VOWELS = "аеёіоуыэюя"
CASES = [(code, file) for code in sorted(FORBIDDEN) for file in FILES]


@cache
def sentences(code: str, file: str) -> dict[str, str]:
    """All sentences of a file by the path of their keys; `newsletter` is the edition of newsletter.toml."""
    if file == "newsletter":
        return dict(_strings(read(ROOT / "newsletter.toml")["editions"][code], ""))
    path = LOCALES / code / f"{file}.toml"
    table = read(path) if path.is_file() else {}
    return dict(_strings(table.get("words", table), ""))


def read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _strings(table: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _strings(value, f"{above}{key}.")
        elif isinstance(value, str):
            yield f"{above}{key}", value


def placeholders(texts: dict[str, str]) -> dict[str, set[str]]:
    fields = {key: string.Formatter().parse(text) for key, text in texts.items()}
    return {key: {name for _, name, _, _ in parts if name is not None} for key, parts in fields.items()}


def found(pattern: str, code: str, file: str) -> dict[str, str]:
    """The sentences that a pattern is found in; a placeholder is `{}`."""
    search = re.compile(pattern, re.IGNORECASE).search
    return {
        key: text for key, text in sentences(code, file).items() if search(re.sub(r"\{\w+\}", "{}", text))
    }


@pytest.mark.parametrize(("code", "file"), CASES)
def test_only_the_settled_terms_are_used(code: str, file: str) -> None:
    wrong = {(term, use): found(term, code, file) for term, use in FORBIDDEN[code].items()}
    assert {term: texts for term, texts in wrong.items() if texts} == {}


@pytest.mark.parametrize("file", LOCALE_FILES)
@pytest.mark.parametrize("code", LANGUAGES)
def test_a_sentence_has_the_same_placeholders_in_every_language(code: str, file: str) -> None:
    english, own = placeholders(sentences("en", file)), placeholders(sentences(code, file))
    assert own == {key: english[key] for key in own}


@pytest.mark.parametrize("file", LOCALE_FILES)
@pytest.mark.parametrize("code", TRANSLATED)
def test_the_sample_s_languages_lack_no_sentence(code: str, file: str) -> None:
    assert sentences(code, file).keys() == sentences("en", file).keys()


@pytest.mark.parametrize(("code", "file"), CASES)
def test_quotation_marks_and_apostrophes_are_those_of_the_language(code: str, file: str) -> None:
    foreign = set(ALL_QUOTES) - set(QUOTES[code])
    opening, closing = QUOTES[code]
    texts = {key: IN_CODE.sub("", text) for key, text in sentences(code, file).items()}
    assert {key: text for key, text in texts.items() if foreign & set(text)} == {}
    assert {key: text for key, text in texts.items() if text.count(opening) != text.count(closing)} == {}


@pytest.mark.parametrize(("code", "file"), CASES)
def test_no_hyphen_stands_for_a_dash_and_no_space_is_doubled(code: str, file: str) -> None:
    assert found(r"\w - (?!or|або|или)\w|\S {2}", code, file) == {}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("code", TRANSLATED)
def test_no_line_ends_between_a_number_and_its_unit(code: str, file: str) -> None:
    assert found(rf"[\d}}] ?({UNITS[code]})", code, file) == {}


@pytest.mark.parametrize("file", FILES)
def test_english_writes_a_per_cent_sign_without_a_space(file: str) -> None:
    assert found(r"\s%", "en", file) == {}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("code", TRANSLATED)
def test_no_word_mixes_two_alphabets(code: str, file: str) -> None:
    assert found(r"[a-z][а-яёіў]|[а-яёіў][a-z]", code, file) == {}


@pytest.mark.parametrize("file", FILES)
def test_belarusian_writes_a_short_u_after_vowels_and_nowhere_else(file: str) -> None:
    assert found(rf"[{VOWELS}] у", "be", file) == {}
    assert found(rf"(^|[^{VOWELS}\s}}]) ?\bў", "be", file) == {}
