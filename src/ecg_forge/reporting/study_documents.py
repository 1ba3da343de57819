"""A written document in parts, printed as Markdown or, by the report's template, as HTML."""

from dataclasses import dataclass

from ecg_forge.reporting.markdown import table_lines
from ecg_forge.reporting.tables import Table


@dataclass(frozen=True)
class Section:
    """One part of a document: its heading, what it says, a list and a table, any of which may be empty."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Document:
    """A title, what stands before the first heading, and the sections."""

    title: str
    opening: tuple[str, ...]
    sections: tuple[Section, ...]


def document_markdown(document: Document) -> str:
    """Return a document as Markdown."""
    lines = [f"# {document.title}"]
    for paragraph in document.opening:
        lines += ["", paragraph]
    for section in document.sections:
        lines += ["", f"## {section.heading}"]
        for paragraph in section.paragraphs:
            lines += ["", paragraph]
        if section.points:
            lines += ["", *(f"- {point}" for point in section.points)]
        if section.table is not None and section.table.rows:
            lines += ["", *table_lines(section.table)]
    return "\n".join(lines) + "\n"
