"""What every HTML page shares: where templates lie, that texts are escaped, and images inside the page itself."""

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from jinja2 import Environment


def environment() -> "Environment":
    """Return the environment of the templates: it escapes every text, refuses unknown names and knows ``svg_uri``."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("ecg_forge.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(svg_uri=svg_uri)
    return made


def svg_uri(svg: str) -> str:
    """Return an SVG as the address of an image: as an image it can run no script and shares no id with its page."""
    return "data:image/svg+xml," + quote(re.sub(r">\s+<", "><", svg), safe=" =:/;,.()+-_~!*'")
