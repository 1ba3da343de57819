"""ECG Forge: from PTB-XL to an honest answer about synthetic ECGs of rare diagnoses.

``ecg_forge.generate(["AFIB", "LVH"], n=10)`` makes ECGs; ``ecg_forge.labels()`` tables what can be asked for;
``ecg_forge.classify("my-ecgs/0001", weights=folder)`` says what a classifier recognises in a WFDB record.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecg_forge.classification import classify
    from ecg_forge.synthesise import generate, labels

__version__ = "0.1.0"
__all__ = ["__version__", "classify", "generate", "labels"]
_HOME = {"classify": "ecg_forge.classification", "generate": "ecg_forge.synthesise", "labels": "ecg_forge.synthesise"}


def __getattr__(name: str) -> Any:
    """Import a function when it is first asked for, so that importing the package stays quick."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
