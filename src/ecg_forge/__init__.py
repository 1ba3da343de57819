"""ECG Forge: from PTB-XL to an honest answer about synthetic ECGs of rare diagnoses.

``ecg_forge.generate(["AFIB", "LVH"], n=10)`` makes ECGs; ``ecg_forge.labels()`` tables what can be asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ecg_forge.synthesise import generate, labels

__version__ = "0.1.0"
__all__ = ["__version__", "generate", "labels"]


def __getattr__(name: str) -> Any:
    """Import what makes ECGs when it is first asked for, so that importing the package stays quick."""
    if name not in ("generate", "labels"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ecg_forge import synthesise

    return getattr(synthesise, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
