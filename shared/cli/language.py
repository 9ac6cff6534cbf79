"""Vietnamese by default; `--lang en` (anywhere on the line) or PHOIHOP_LANG=en for English."""

import os
import sys
from typing import Literal

Language = Literal["vi", "en"]


def _chosen(arguments: list[str]) -> Language:
    for index, argument in enumerate(arguments):
        if argument == "--lang=en" or arguments[index : index + 2] == ["--lang", "en"]:
            return "en"
        if argument == "--lang=vi" or arguments[index : index + 2] == ["--lang", "vi"]:
            return "vi"
    return "en" if os.environ.get("PHOIHOP_LANG") == "en" else "vi"


# Decided before the commands are declared, since their help texts are part of the declaration.
LANGUAGE: Language = _chosen(sys.argv[1:])


def say(vi: str, en: str) -> str:
    return en if LANGUAGE == "en" else vi
