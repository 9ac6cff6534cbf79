"""Text as officers type it: made comparable, and shown in the reader's language."""

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

Lang = Literal["vi", "en"]

# NFKD leaves these alone, though a Vietnamese reader sees a d: đ itself, and the Icelandic and African
# letters that old keyboards and converted fonts put in its place.
_D_LETTERS = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d"})

# An identity number (12 digits) or an old identity card (9) that strayed into another column.
_STRAY_NUMBER = re.compile(r"(?<![0-9])[0-9]{9,12}(?![0-9])")


class Text(NamedTuple):
    """One message in the languages the program speaks, with `{named}` placeholders."""

    vi: str
    en: str

    def filled(self, **params: object) -> "Text":
        return Text(self.vi.format(**params), self.en.format(**params))

    def said(self, lang: Lang) -> str:
        return self.vi if lang == "vi" else self.en


def clean(text: str) -> str:
    """Composed Unicode (NFC), runs of white space as one blank, no invisible characters, no outer blanks."""
    if not text.isprintable():  # rare: also true of NBSP, line breaks and zero-width characters
        text = "".join(c if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf") else "" for c in text)
    return unicodedata.normalize("NFC", " ".join(text.split()))


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The letters and digits only, without case or diacritics: `Số tiền` and `SO TIEN` fold to `sotien`."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_D_LETTERS)
    return "".join(c for c in plain if c.isalnum())


def masked(shown: str, *, sensitive: bool) -> str:
    """`shown` for a report: a sensitive value keeps its last three characters, one of three or fewer none.

    In any other value whatever looks like an identity number is masked the same way, since a number typed
    into the wrong column is still somebody's number.
    """
    return _but_three(shown) if sensitive else _STRAY_NUMBER.sub(lambda found: _but_three(found[0]), shown)


def _but_three(value: str) -> str:
    return "*" * (len(value) - 3) + value[-3:] if len(value) > 3 else "*" * len(value)
