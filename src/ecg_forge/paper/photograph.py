"""Simulated photographs of sheets, in which everything that is known of the sheet moves with the picture.

The page stays flat: it is turned, tilted and scaled, so that one homography tells where everything is; creases change
the light only. Settings lie in `photograph_config`.
"""

from dataclasses import dataclass

import numpy as np

from ecg_forge.paper import camera, wear
from ecg_forge.paper.layout import Page
from ecg_forge.paper.photograph_config import Strength
from ecg_forge.paper.placement import move_image, move_mask, move_points, place_page
from ecg_forge.paper.sheet import CLASSES, Sheet

_STAGES = ("settings", "place", "fade", "notes", "fold", "table", "light", "noise")


@dataclass(frozen=True)
class Photograph:
    """A picture of a sheet.

    Attributes:
        image: uint8 ``(row, column, 3)``, red, green, blue.
        mask: uint8 ``(row, column)``, positions in `CLASSES`; around the page all is background.
        boxes: ``(panel, 4, 2)``, corners of the panels as (x, y) in pixels.
        corners: ``(4, 2)``, those of the page.
        homography: ``(3, 3)``, takes (x, y, 1) of the sheet, in its pixels, to the photograph.
        page: the sheet's geometry in millimetres.
        px_per_mm: of the sheet.
        drawn: the value of each parameter in this photograph.
    """

    image: np.ndarray
    mask: np.ndarray
    boxes: np.ndarray
    corners: np.ndarray
    homography: np.ndarray
    page: Page
    px_per_mm: float
    drawn: dict[str, float]


def take_photograph(sheet: Sheet, strength: Strength, seed: int) -> Photograph:
    """Photograph a sheet; the same seed gives the same photograph.

    Each stage draws from a stream of its own, so that a stronger shadow leaves the page where it lies.
    """
    streams = dict(zip(_STAGES, np.random.default_rng(seed).spawn(len(_STAGES)), strict=True))
    drawn = strength.draw(streams["settings"])
    matrix, size = place_page(sheet.mask.shape, drawn, streams["place"])
    image = _lay_down(_worn(sheet, drawn, streams), matrix, camera.table_top(streams["table"], size))
    image = camera.shine(image, drawn["shadow"], drawn["unevenness"], streams["light"])
    image = camera.expose(image, drawn["contrast"], drawn["brightness"], drawn["warmth"])
    image = camera.add_noise(camera.blur(image, drawn["blur"]), drawn["noise"], streams["noise"])
    return Photograph(
        image=camera.compress(image, round(drawn["jpeg_quality"])),
        mask=move_mask(sheet.mask, len(CLASSES), matrix, size),
        boxes=move_points(sheet.boxes, matrix),
        corners=move_points(sheet.corners, matrix),
        homography=matrix,
        page=sheet.page,
        px_per_mm=sheet.px_per_mm,
        drawn=drawn,
    )


def _worn(sheet: Sheet, drawn: dict[str, float], streams: dict[str, np.random.Generator]) -> np.ndarray:
    """Fade the print, write on it and fold it."""
    image = sheet.image.astype(np.float32)
    paper = np.median(image[::7, ::7].reshape(-1, 3), axis=0)
    image = wear.fade(image, paper, drawn["fading"], streams["fade"])
    image = wear.write_notes(image, round(drawn["notes"]), sheet.px_per_mm, streams["notes"])
    return wear.fold(image, round(drawn["creases"]), drawn["crease_depth"], sheet.px_per_mm, streams["fold"])


def _lay_down(image: np.ndarray, matrix: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Lay the page on the table; its border mixes with what lies under it."""
    import torch

    page = torch.from_numpy(np.dstack([image, np.ones_like(image[..., 0])])).permute(2, 0, 1).contiguous()
    moved = move_image(page, matrix, table.shape[:2]).permute(1, 2, 0).numpy()
    return np.asarray(moved[..., :3] + (1 - moved[..., 3:]) * table)
