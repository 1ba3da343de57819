"""Finding a statement: its kinds in words, and the statements near to a name that is none."""

from difflib import SequenceMatcher

from ecg_forge.ecg.statements import STATEMENTS, Statement

_KINDS = {"D": "diagnostic", "F": "form", "R": "rhythm"}
_MOST = 5
_NEAR = 0.6  # of difflib's ratio; below it, matches are chance
_PART_OF_DESCRIPTION = 0.9


def kinds_in_words(statement: Statement) -> str:
    """Return ``diagnostic``, ``form``, ``rhythm``, or two of them with a comma."""
    return ", ".join(_KINDS[letter] for letter in statement.kinds)


def near_statements(text: str) -> list[Statement]:
    """Return up to five statements whose code or description is near to ``text``, the nearest first."""
    nearness = {statement: _nearness(text.strip(), statement) for statement in STATEMENTS}
    ranked = sorted(STATEMENTS, key=lambda statement: -nearness[statement])
    return [statement for statement in ranked if nearness[statement] >= _NEAR][:_MOST]


def _nearness(text: str, statement: Statement) -> float:
    """Compare without regard to case; a whole part of a description counts as near."""
    code, description, text = statement.code.lower(), statement.description.lower(), text.lower()
    part = _PART_OF_DESCRIPTION if len(text) > 3 and text in description else 0.0
    return max(part, *(SequenceMatcher(None, text, known).ratio() for known in (code, description)))
