"""How strongly a photograph departs from the sheet; each parameter is a distribution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from ecg_forge.ecg.errors import BadInput

_SECTION = "paper_ecg.photograph.strengths"

Pair = Sequence[float]
"""Least and greatest value; between them all are equally likely."""


@dataclass(frozen=True)
class Strength:
    """The distributions of one strength.

    Attributes:
        size: width of the page as a share of the largest that fits.
        rotation: of the page, in degrees, counter-clockwise.
        perspective: how far each corner strays from its place, as a share of the page's size.
        fading: share of the ink that the print has lost where it has faded most.
        notes: words in handwriting.
        creases: folds across the page.
        crease_depth: how much a crease darkens one side, as a share.
        shadow: how much the shadow of a hand or phone darkens, as a share.
        unevenness: how much the light changes across the photograph, as a share.
        contrast: factor.
        brightness: what is added, in steps of 255.
        warmth: share by which red gains and blue loses.
        blur: standard deviation in pixels.
        noise: standard deviation of the sensor's noise, in steps of 255.
        jpeg_quality: 1 to 95.

    Raises:
        BadInput: a value is no pair, turned round, or impossible; the message names it.
    """

    size: Pair
    rotation: Pair
    perspective: Pair
    fading: Pair
    notes: Pair
    creases: Pair
    crease_depth: Pair
    shadow: Pair
    unevenness: Pair
    contrast: Pair
    brightness: Pair
    warmth: Pair
    blur: Pair
    noise: Pair
    jpeg_quality: Pair

    def __post_init__(self) -> None:
        for name, (least, most) in _LIMITS.items():
            pair = getattr(self, name)
            if len(pair) != 2 or not least <= pair[0] <= pair[1] <= most:
                raise BadInput(f"{_SECTION}: {name} is {pair}; give two rising numbers from {least:g} to {most:g}")

    def draw(self, generator: np.random.Generator) -> dict[str, float]:
        """Draw a value of each parameter."""
        return {field.name: float(generator.uniform(*getattr(self, field.name))) for field in fields(self)}


_LIMITS = {
    "size": (0.3, 1),
    "rotation": (-15, 15),
    "perspective": (0, 0.1),
    "fading": (0, 0.95),
    "notes": (0, 20),
    "creases": (0, 20),
    "crease_depth": (0, 0.8),
    "shadow": (0, 0.9),
    "unevenness": (0, 0.8),
    "contrast": (0.2, 2),
    "brightness": (-100, 100),
    "warmth": (-0.3, 0.3),
    "blur": (0.01, 10),
    "noise": (0, 60),
    "jpeg_quality": (1, 95),
}


@dataclass(frozen=True)
class PhotographConfig:
    """The section ``paper_ecg.photograph``.

    Attributes:
        strengths: by name, the settings of `Strength`.

    Raises:
        BadInput: there is none, or one lacks a setting, has an unknown one or a wrong value.
    """

    strengths: Mapping[str, Mapping[str, Pair]]

    def __post_init__(self) -> None:
        if not self.strengths:
            raise BadInput(f"{_SECTION} is empty; name at least one strength")
        for name in self.strengths:
            self.strength(name)

    def strength(self, name: str) -> Strength:
        """Return one strength."""
        if name not in self.strengths:
            raise BadInput(f"unknown strength {name!r}; {_SECTION} has {', '.join(self.strengths)}")
        wanted = {field.name for field in fields(Strength)}
        if different := wanted ^ set(self.strengths[name]):
            raise BadInput(f"{_SECTION}.{name} needs {', '.join(sorted(wanted))}; see {', '.join(sorted(different))}")
        return Strength(**self.strengths[name])
