"""HTML pages: what a person sees of them, block by block, of the tree that a browser's parser makes of the source."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from html import escape

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from index.document.dates import printed_date
from index.readers.decode import decode
from index.readers.extracted import Composer, Extracted
from index.readers.html_page import MOST_ROWS, Page, PageBlock, PageCell, PageTable
from index.readers.style import Attributes, Styles, has_background

_SAMPLE = 4096
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_UNREAD = frozenset("script style template noscript svg object iframe canvas audio video datalist rp".split())
"""Elements whose content is code, or stands in for what cannot be shown."""
_CLOSED_BY_NEXT = frozenset("dd dt li optgroup option p tbody td tfoot th thead tr".split())
"""Elements that need no end tag, and so do not nest without others between."""
_BLOCKS = _CLOSED_BY_NEXT | frozenset(
    "address article aside blockquote body caption center details dialog div dl fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 header hgroup hr legend main menu nav ol pre search section select summary table ul".split()
)
_DEEPEST = 1_000
"""The parser looks for an open paragraph through all blocks that are open; blocks inside so many are read as inline."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_EMPTY_ELEMENT = re.compile(r"""<([a-zA-Z][\w:.-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*?)/>""")
_MARK_IN_COMMENT = re.compile(r"\?.*|\[[^\[\]]*\]-*", re.DOTALL)
"""What is no comment, but read as one: the head of XML, and the marks that old browsers knew conditions by."""
_DATES = ("article:published_time", "date", "dc.date", "dc.date.issued")
"""What a page's head calls the day it was published."""
_MONTH = re.compile(r"\d{4}-[01]\d(?!-?\d)")
_ROLES = frozenset({"navigation", "search", "menu", "menubar"})
_NOTICE = re.compile(
    r"(?<![a-z])(?:cookies?|gdpr)[-_]?(?:banner|bar|consent|notice|popup|modal|dialog|message|law)", re.I
)
_RELATED = re.compile(
    r"(?<![a-z])related(?![a-z])|(?<![a-z])see[-_]?also|(?<![a-z])share[-_](?:bar|buttons|links)", re.I
)
_NEVER_FURNITURE = frozenset({"html", "body", "main", "article"})
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DEEPEST_TABLE = 12
_LONGEST_DATE = 200


def read_html(data: bytes) -> Extracted:
    """The visible text of a page, with the title, site, author and date that its head gives.

    Raises: UnreadableFile, when the bytes are not text.
    """
    declared = _CHARSET.search(data[:_SAMPLE])
    decoded = decode(data, declared[1].decode("ascii") if declared else None)
    page = read_page(decoded.text)
    composer = Composer(decoded.encoding)
    meta = page.meta
    author = meta.get("author") or meta.get("article:author")
    date = next((meta[key] for key in _DATES if key in meta), "")
    composer.section(
        title=meta.get("og:title") or page.heading or page.title,
        outlet=meta.get("og:site_name"),
        author=None if author is None or "//" in author else author,
        date=iso_date(date),
    )
    page.compose(composer)
    return composer.done(replaced=decoded.replaced)


def read_page(text: str, *, is_xml: bool = False) -> Page:
    """The page that HTML source makes; in XHTML (`is_xml`) a tag that ends in a slash has no content."""
    source = _shallow(_as_html(text) if is_xml else text)
    tree = LexborHTMLParser(source, options=LexborDocumentOptions.WO_EVENTS, scripting=True)
    page = _Walk(tree).page
    page.hide(_never_ended(source))
    return page


def iso_date(text: str) -> str | None:
    """The first date that a field gives, in ISO form and as exactly as it gives it."""
    if month := _MONTH.match(text.strip()):
        return month[0]
    return printed_date(text[:_LONGEST_DATE])


def _as_html(text: str) -> str:
    """XHTML as HTML: with end tags after empty elements, and what is no markup escaped."""
    first, *others = text.split("<![CDATA[")
    parts = [first]
    for other in others:
        inside, _, after = other.partition("]]>")
        parts += [escape(inside), after]
    return _EMPTY_ELEMENT.sub(_with_end_tag, "".join(parts))


def _with_end_tag(match: re.Match[str]) -> str:
    tag, attributes = match.groups()
    return match[0] if tag.lower() in _VOID else f"<{tag}{attributes}></{tag}>"


def _shallow(text: str) -> str:
    """The source, blocks inside too many others spelt as inline elements, at whose start the parser looks for none."""
    depths: Counter[str] = Counter()
    spelt: Counter[str] = Counter()
    nested = 0

    def spell(match: re.Match[str]) -> str:
        nonlocal nested
        slash, tag = match[1], match[2].lower()
        if tag not in _BLOCKS or tag in _CLOSED_BY_NEXT:
            return match[0]
        if slash and spelt[tag]:
            spelt[tag] -= 1
        elif not slash and nested >= _DEEPEST:
            spelt[tag] += 1
        else:
            step = -min(depths[tag], 1) if slash else 1
            depths[tag] += step
            nested += step
            return match[0]
        return f"<{slash}span"

    return text if text.count("<") <= _DEEPEST else _TAG.sub(spell, text)


def _never_ended(source: str) -> str:
    """The tag at the end of a source that is never closed, which is lost."""
    rest = source[source.rfind(">") + 1 :]
    start = _TAG.search(rest)
    return rest[start.start() :] if start else ""


@dataclass(slots=True)
class _Element:
    id: int
    tag: str = ""
    is_unread: bool = False
    is_hidden: bool = False
    on_white: bool = True
    is_pre: bool = False
    is_furniture: bool = False
    zone: int = 0


class _Walk:
    """Goes through a tree once, from its first node to its last, without a call for each level."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self.page = Page()
        self._styles = Styles(tree)
        self._open: Counter[str] = Counter()
        self._tables: list[PageTable] = []
        self._line: list[str] = []
        self._bullet = False
        self._zones = 0
        root = tree.root.parent if tree.root else None
        self._elements = [_Element(root.mem_id if root else 0)]
        if root is not None:
            self._read(root)
        self.page.leave_out_zones()

    def _read(self, root: LexborNode) -> None:
        for node in root.traverse(include_text=True):
            parent = node.parent
            while parent is not None and self._elements[-1].id != parent.mem_id:
                self._leave()
            if node.is_text_node:
                self._text(node.text_content or "")
            elif node.is_comment_node:
                self._comment(node.comment_content or "")
            elif node.is_element_node:
                self._enter(node)
        while len(self._elements) > 1:
            self._leave()

    def _text(self, text: str) -> None:
        element = self._elements[-1]
        if element.tag == "title" and not self._open["svg"]:
            self.page.title = self.page.title or " ".join(text.split())
        elif element.is_unread:
            return
        elif element.is_hidden:
            self.page.hide(text)
        else:
            self._line.append(text if element.is_pre else _BLANKS.sub(" ", text))

    def _comment(self, text: str) -> None:
        if not _MARK_IN_COMMENT.fullmatch(text):
            self.page.hide(text)

    def _enter(self, node: LexborNode) -> None:
        tag, attributes = node.tag or "", node.attributes
        if tag == "br":
            self._line.append("\n")
        elif tag == "meta":
            name = (attributes.get("property") or attributes.get("name") or "").lower()
            self.page.meta.setdefault(name, attributes.get("content") or "")
        if tag in _BLOCKS:
            self._flush()
        self._push(node.mem_id, tag, attributes)
        if tag == "li":
            self._bullet = True
        elif tag == "table" and self._open["table"] <= _DEEPEST_TABLE:
            if self._tables:
                self._tables[-1].holds_tables = True
            self._tables.append(PageTable(quoted=self._open["blockquote"]))
        elif tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
            self._tables[-1].in_head += self._elements[-2].tag == "thead"
        elif tag in ("td", "th") and self._tables:
            self._tables[-1].rows[-1].append(_cell(tag, attributes))

    def _push(self, id_: int, tag: str, attributes: Attributes) -> None:
        parent = self._elements[-1]
        on_white = parent.on_white and not (attributes and has_background(attributes))
        is_white = bool(attributes) and on_white and self._styles.whitens(attributes)
        self._open[tag] += 1
        self._elements.append(
            _Element(
                id_,
                tag,
                is_unread=parent.is_unread or tag in _UNREAD,
                is_hidden=parent.is_hidden or is_white or self._styles.hides(id_, tag, attributes),
                on_white=on_white,
                is_pre=parent.is_pre or tag in ("pre", "textarea"),
                is_furniture=parent.is_furniture or _is_furniture(tag, attributes),
                zone=self._zone(tag, attributes) or parent.zone,
            )
        )

    def _zone(self, tag: str, attributes: Attributes) -> int:
        """The number of the zone that an element begins; 0 for one that begins none."""
        in_text = self._open["main"] or self._open["article"]
        is_zone = (
            tag == "aside" or (tag in ("header", "footer") and not in_text) or _is_named(_RELATED, tag, attributes)
        )
        self._zones += is_zone
        return self._zones if is_zone else 0

    def _leave(self) -> None:
        tag = self._elements[-1].tag
        if tag in _BLOCKS:
            self._flush()
        self._bullet = self._bullet and tag != "li"
        self._elements.pop()
        self._open[tag] -= 1
        if tag == "table" and self._open["table"] < _DEEPEST_TABLE:
            self._place_table(self._tables.pop())

    def _flush(self) -> None:
        """The block that the text since the last one makes."""
        element = self._elements[-1]
        lines = "".join(self._line).split("\n")
        self._line.clear()
        if not element.is_pre:
            lines = [line.strip(" \t") for line in lines]
        text = "\n".join(lines).strip("\n")
        if not text.strip():
            return
        if self._open["h1"] and not self.page.heading:
            self.page.heading = " ".join(text.split())
        is_item, self._bullet = self._bullet, False
        if element.is_furniture:
            self.page.furniture += 1
            return
        level = next((int(tag[1]) for tag in _HEADINGS if self._open[tag]), 0)
        block = PageBlock(text, "heading" if level else "paragraph", level, self._open["blockquote"], element.zone)
        if is_item:
            block.text, block.kind, block.level = f"- {text}", "item", 0
        self._place(block)

    def _place(self, block: PageBlock | PageTable) -> None:
        if self._open["caption"] and self._tables and isinstance(block, PageBlock):
            self._tables[-1].captions.append(block)
            return
        cells = self._tables[-1].rows[-1] if self._tables and self._tables[-1].rows else None
        (cells[-1].blocks if cells else self.page.blocks).append(block)

    def _place_table(self, table: PageTable) -> None:
        """A row a line, or where the table is but a frame that lays out the page, the blocks inside."""
        for caption in table.titled():
            self._place(caption)
        if not table.is_frame:
            self._place(table)
            return
        for block in (block for row in table.rows for cell in row for block in cell.blocks):
            self._place(block)


def _is_furniture(tag: str, attributes: Attributes) -> bool:
    """Whether an element is a menu or a notice on cookies, by its tag, role or name."""
    if tag == "nav":
        return True
    if not attributes or tag in _NEVER_FURNITURE:
        return False
    return (attributes.get("role") or "").lower() in _ROLES or _is_named(_NOTICE, tag, attributes)


def _is_named(pattern: re.Pattern[str], tag: str, attributes: Attributes) -> bool:
    if not attributes or tag in _NEVER_FURNITURE:
        return False
    return bool(pattern.search(f"{attributes.get('id') or ''} {attributes.get('class') or ''}"))


def _cell(tag: str, attributes: Attributes) -> PageCell:
    columns, rows = _span(attributes.get("colspan")), _span(attributes.get("rowspan"))
    return PageCell(columns or 1, rows or MOST_ROWS, is_head=tag == "th")


def _span(value: str | None) -> int:
    """The number of rows or columns that a cell says it spans; 0 is all that follow."""
    digits = (value or "1").strip()
    return min(int(digits), MOST_ROWS) if digits.isdecimal() and len(digits) < 10 else 1
