"""Pictures of a few sheets and photographs, what the segmenter saw in them, and what was read."""

from typing import Any

import pandas as pd

from ecg_forge.ecg.records import Signals
from ecg_forge.paper.digitise import digitise
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.unreadable import Unreadable
from ecg_forge.pipelines.paper_ecg.printing import pictures_of


def draw_paper_examples(
    plan: pd.DataFrame,
    signals: Signals,
    sheets: SheetConfig,
    photographs: PhotographConfig,
    weights: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, str]]:
    """Keep pictures of a few sheets and photographs with the masks found, and draw what was read over what is true.

    Returns:
        Pictures by name, for PNG, and drawings by name, as SVG.
    """
    from PIL import Image

    from ecg_forge.ecg.plotting import figure_svg
    from ecg_forge.reporting.paper_figures import draw_reading, paint_mask
    from ecg_forge.training.segmenter import load_segmenter, segment

    segmenter = load_segmenter(weights)
    pictures, drawings = {}, {}
    for row, picture, true_mv in pictures_of(plan[plan["example"]], signals, sheets, photographs):
        seen = segment(segmenter, picture.image)
        name = f"{row.ecg_id}-{row.layout}-{row.strength}"
        pictures[name] = Image.fromarray(picture.image)
        pictures[f"{name}-mask"] = Image.fromarray(paint_mask(seen.mask))
        try:
            found = digitise(seen.mask, picture.page, signals.fs, seen.trace)
        except Unreadable:
            continue  # the table of errors tells why
        drawings[name] = figure_svg(draw_reading(true_mv, found.signal_mv, signals.fs, name))
    return pictures, drawings
