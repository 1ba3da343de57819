"""The two pages of the exploration: one HTML file that needs no network, and Markdown for the documentation."""

from collections.abc import Mapping, Sequence

from ecg_forge.reporting.exploration_parts import Part
from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.pages import environment
from ecg_forge.reporting.study_report import Picture


def render_exploration(parts: Sequence[Part], drawings: Mapping[str, str]) -> str:
    """Return the report as one HTML text; every text of the data is escaped.

    Args:
        parts: as `exploration_parts` makes them.
        drawings: SVG text by the name of the figure.
    """
    pictures = {
        part.heading: [Picture(drawings[name], caption) for name, caption in (part.figures or {}).items()]
        for part in parts
    }
    template = environment().get_template("exploration.html.j2")
    return template.render(first=parts[0], parts=parts[1:], pictures=pictures)


def exploration_page(parts: Sequence[Part]) -> str:
    """Return the page as Markdown; its figures are the SVG files beside it."""
    lines = [f"# {parts[0].heading}"]
    for part in parts:
        if part is not parts[0]:
            lines += ["", f"## {part.heading}"]
        for paragraph in part.paragraphs:
            lines += ["", paragraph]
        for name, caption in (part.figures or {}).items():
            lines += ["", f"![{caption}]({name}.svg)", "", f"*{caption}*"]
        for heading, table in (part.tables or {}).items():
            lines += ["", f"### {heading}", "", *table_lines(table)]
    return "\n".join(lines) + "\n"
