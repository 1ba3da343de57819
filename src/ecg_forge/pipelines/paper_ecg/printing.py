"""The sheets and photographs of a plan, made when they are needed."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecg_forge.ecg.leads import LEADS, lead_positions
from ecg_forge.ecg.records import Signals
from ecg_forge.paper.layout import SheetConfig
from ecg_forge.paper.photograph_config import PhotographConfig
from ecg_forge.paper.sheet import Printer, Sheet
from ecg_forge.pipelines.paper_ecg.config import CLEAN

if TYPE_CHECKING:
    from ecg_forge.paper.photograph import Photograph


def pictures_of(
    plan: pd.DataFrame, signals: Signals, sheets: SheetConfig, photographs: PhotographConfig
) -> Iterator[tuple[Any, "Sheet | Photograph", np.ndarray]]:
    """Yield each row of the plan with its sheet or photograph, and the true signal in mV ``(12, sample)``."""
    from ecg_forge.paper.photograph import take_photograph

    seconds = signals.length / signals.fs
    order = lead_positions(LEADS, signals.leads)
    for layout, rows in plan.groupby("layout", sort=False):
        printer = Printer(str(layout), sheets, seconds)
        recordings = signals.millivolts(rows["ecg_id"].to_numpy())[:, order]
        for row, true_mv in zip(rows.itertuples(), recordings, strict=True):
            sheet = printer.draw(true_mv, signals.fs)
            if row.strength == CLEAN:
                yield row, sheet, true_mv
            else:
                yield row, take_photograph(sheet, photographs.strength(str(row.strength)), int(str(row.seed))), true_mv
