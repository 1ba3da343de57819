"""The results page of the documentation: the study's tables as Markdown."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ecg_forge.reporting.tables import Table, paired_differences, summary_table


def results_page(
    metrics: Mapping[str, pd.DataFrame], comparisons: Mapping[str, pd.DataFrame], run: Mapping[str, Any]
) -> str:
    """Return the page of one study.

    Args:
        metrics: per arm, as for ``summary_table``.
        comparisons: by reference arm, the paired differences from it.
        run: how the probabilities came about: ``provenance``, ``data`` and ``parameters``.
    """
    data, parameters = run["data"], run["parameters"]
    targets = [target["statement"] for target in parameters["synthesis"]["plan"]["targets"]]
    splits = ", ".join(f"{count:,} {split}" for split, count in data["records_by_split"].items())
    lines = [
        "# Results",
        "",
        f"PTB-XL {data['version']}, {data['records']:,} records of {data['patients']:,} patients ({splits}), "
        f"{data['sampling_rate_hz']} Hz. Classifier `{parameters['classifier']['model']}`, task "
        f"`{parameters['classifier']['task']}`; denoiser `{parameters['denoiser']['model']}`. "
        f"{run['provenance']['machine']}; {run['provenance']['started'][:10]}. "
        "One training seed per arm: the intervals cover the choice of test patients, not training noise.",
        "",
        "## Scores on the test fold",
        "",
        *table_lines(summary_table(metrics)),
    ]
    for reference, comparison in comparisons.items():
        lines += ["", f"## Paired differences from the {reference} arm", ""]
        lines += table_lines(paired_differences(comparison, reference))
        lines += ["", "The statements that synthetic ECGs were made of:", ""]
        lines += table_lines(paired_differences(comparison, reference, targets))
    return "\n".join(lines) + "\n"


def table_lines(table: Table) -> list[str]:
    """Return a table as lines of Markdown; the note of a cell stands behind its text, in brackets."""
    rule = ["---" if place < table.texts else "---:" for place in range(len(table.columns))]
    rows = [[f"{cell.text} ({cell.note})" if cell.note else cell.text for cell in row] for row in table.rows]
    return [f"| {' | '.join(cells)} |" for cells in ([*table.columns], rule, *rows)]
