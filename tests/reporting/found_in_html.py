"""What a browser would find in a page."""

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "hr", "link", "input"}
LOADS = {"src", "href", "srcset", "data", "action", "poster"}


class Page(HTMLParser):
    """Ids, addresses, images, scripts, visible text, and whether tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: list[str] = []
        self.scripts: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"]] if found.get("id") else []
        self.links += [found["href"]] if found.get("href") else []
        self.addresses += [value for name, value in attrs if name in LOADS and value]
        self.images += [found] if tag == "img" else []
        assert tag not in {"link", "iframe", "object"}
        assert not (tag == "script" and "src" in found)
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif self.open and self.open[-1] != "style":
            self.text += data
