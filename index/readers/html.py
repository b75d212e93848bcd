"""HTML pages: what a person sees of them, block by block. Read as a stream, so that nothing nests too deep."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

from index.document.dates import printed_date
from index.readers import grid
from index.readers.decode import decode
from index.readers.extracted import Composer, Extracted
from index.readers.style import Attributes, Styles, has_background
from index.types import BlockKind

_SAMPLE = 4096
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_UNREAD = frozenset("script style template noscript svg object iframe canvas audio video datalist rp".split())
"""Elements whose content is code, or stands in for what cannot be shown."""
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol optgroup option p pre search section "
    "select summary table tbody td tfoot th thead tr ul".split()
)
_ENDS = {
    **dict.fromkeys(_BLOCKS - {"option", "optgroup"}, ({"p"}, {"button", "table", "td", "th", "caption", "object"})),
    "li": ({"li", "p"}, {"ul", "ol", "menu"}),
    "dt": ({"dt", "dd", "p"}, {"dl"}),
    "dd": ({"dt", "dd", "p"}, {"dl"}),
    "tr": ({"tr", "td", "th", "caption"}, {"table"}),
    "td": ({"td", "th"}, {"tr", "table"}),
    "th": ({"td", "th"}, {"tr", "table"}),
    "tbody": ({"tr", "tbody", "thead", "tfoot", "caption"}, {"table"}),
    "tfoot": ({"tr", "tbody", "thead", "tfoot", "caption"}, {"table"}),
    "thead": ({"tr", "tbody", "thead", "tfoot", "caption"}, {"table"}),
    "option": ({"option"}, {"select"}),
}
"""The open elements that the start of another ends, and those beyond which it does not look."""
_DATES = ("article:published_time", "date", "dc.date", "dc.date.issued")
"""What a page's head calls the day it was published."""
_MONTH = re.compile(r"\d{4}-[01]\d(?!-?\d)")
_ROLES = frozenset({"navigation", "search", "menu", "menubar"})
_NOTICE = re.compile(
    r"(?<![a-z])(?:cookies?|gdpr)[-_]?(?:banner|bar|consent|notice|popup|modal|dialog|message|law)", re.I
)
_NEVER_FURNITURE = frozenset({"html", "body", "main", "article"})
_ZONES = frozenset({"aside", "header", "footer"})
_SENTENCE_ENDS, _LONG_BLOCK = frozenset(".!?…。！？:"), 120
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_DEEPEST_TABLE = 12
_MOST_COLUMNS, _MOST_ROWS = 1_000, 65_534
"""What browsers read of a cell's span."""
_LONG_CELL = 400
_LONGEST_DATE = 200


@dataclass(slots=True)
class _Block:
    text: str
    kind: BlockKind = "paragraph"
    level: int = 0
    quoted: int = 0
    """In how many quotations it stands."""
    zone: int = 0
    """The number of the aside, head or foot of the page that it is in, from 1; 0 for the page itself."""


@dataclass(slots=True)
class Page:
    """The blocks and tables of a page, in order, and what its head says. `heading` is its first."""

    blocks: list[_Block | _Table] = field(default_factory=list)
    hidden: int = 0
    furniture: int = 0
    """How many blocks are left out as navigation and the like, which stand on every page of a site."""
    told: dict[str, str] = field(default_factory=dict)
    title: str = ""
    heading: str = ""

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines of the blocks, with a blank one between, each with how many quotations it stands in."""
        for block, following in zip(self.blocks, [*self.blocks[1:], None], strict=True):
            quoted = block.quoted
            text = block.text if isinstance(block, _Block) else block.as_text()
            yield from ((quoted, line) for line in text.split("\n"))
            if not (
                isinstance(block, _Block) and isinstance(following, _Block) and block.kind == following.kind == "item"
            ):
                yield quoted, ""

    def compose(self, composer: Composer) -> None:
        """Add the blocks, and count what is hidden or left out."""
        composer.hide_count(self.hidden)
        if self.furniture:
            composer.note(f"{self.furniture:,} menus, notices on cookies and the like left out")
        after_item = False
        for block in self.blocks:
            if isinstance(block, _Table):
                composer.table(grid.spread(block.cells(), _MOST_COLUMNS), marked=block.marked)
                after_item = False
            else:
                is_item = block.kind == "item"
                composer.block(block.text, "\n" if is_item and after_item else "\n\n", block.kind, block.level)
                after_item = is_item


def read_html(data: bytes) -> Extracted:
    """The visible text of a page, with the title, site, author and date that its head gives.

    Raises: UnreadableFile, when the bytes are not text.
    """
    declared = _CHARSET.search(data[:_SAMPLE])
    decoded = decode(data, declared[1].decode("ascii") if declared else None)
    page = read_page(decoded.text)
    composer = Composer(decoded.encoding)
    told = page.told
    author = told.get("author") or told.get("article:author")
    date = next((told[key] for key in _DATES if key in told), "")
    composer.section(
        title=told.get("og:title") or page.heading or page.title,
        outlet=told.get("og:site_name"),
        author=None if author is None or "//" in author else author,
        date=iso_date(date),
    )
    page.compose(composer)
    return composer.done(replaced=decoded.replaced)


def read_page(text: str, *, is_xml: bool = False) -> Page:
    """The page that HTML source makes; in XHTML (`is_xml`) a tag that ends in a slash has no content."""
    parser = _Parser(is_xml=is_xml)
    parser.feed(text)
    parser.finish()
    return parser.page


def iso_date(text: str) -> str | None:
    """The first date that a field gives, in ISO form and as exactly as it gives it."""
    if month := _MONTH.match(text.strip()):
        return month[0]
    return printed_date(text[:_LONGEST_DATE])


@dataclass(slots=True)
class _Element:
    tag: str
    is_unread: bool
    is_hidden: bool
    on_white: bool
    is_pre: bool
    is_furniture: bool = False
    zone: int = 0


@dataclass(slots=True)
class _Cell:
    columns: int = 1
    rows: int = 1
    is_head: bool = False
    blocks: list[_Block | _Table] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """The text of each of its blocks; tables inside have none here."""
        return [block.text for block in self.blocks if isinstance(block, _Block)]


@dataclass(slots=True)
class _Table:
    rows: list[list[_Cell]] = field(default_factory=list)
    quoted: int = 0
    is_frame: bool = False
    in_head: int = 0
    """How many rows stand in the part that is marked as the table's head."""

    @property
    def has_heads(self) -> bool:
        """Whether a cell is marked as a head."""
        return any(cell.is_head for cells in self.rows for cell in cells)

    @property
    def marked(self) -> int | None:
        """How many of the first rows are marked as heads, blank ones left out; None where nothing is marked."""
        if not (self.has_heads or self.in_head):
            return None
        count = next((at for at, row in enumerate(self.rows) if not row or not _is_head(row)), len(self.rows))
        first = self.rows[: max(count, self.in_head) if count < len(self.rows) else 0]
        return sum(any("".join(cell.texts).strip() for cell in row) for row in first)

    def as_text(self) -> str:
        """Its rows, a line each."""
        return "\n".join(filter(None, map(grid.row, grid.spread(self.cells(), _MOST_COLUMNS))))

    def cells(self) -> Iterator[list[tuple[str, int, int]]]:
        """Each row's cells with the columns and the rows that they span."""
        return ([(" ".join(cell.texts), cell.columns, cell.rows) for cell in row] for row in self.rows)


def _is_head(row: Sequence[_Cell]) -> bool:
    return all(cell.is_head or not "".join(cell.texts).strip() for cell in row) and any(cell.is_head for cell in row)


class _Parser(HTMLParser):
    def __init__(self, *, is_xml: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._is_xml = is_xml
        self._styles = Styles()
        self._elements = [_Element("", False, False, True, False)]
        self._open: defaultdict[str, list[int]] = defaultdict(list)  # where the open elements of each tag stand
        self._tables: list[_Table] = []
        self._line: list[str] = []
        self._bullet = False
        self._zones = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "br":
            self._line.append("\n")
        elif tag == "meta":
            name = (attributes.get("property") or attributes.get("name") or "").lower()
            self.page.told.setdefault(name, attributes.get("content") or "")
        elif tag == "link" and "stylesheet" in (attributes.get("rel") or "").lower():
            self._styles.add_link()
        if tag in _ENDS:
            self._end_implied(*_ENDS[tag])
        if tag in _BLOCKS:
            self._flush()
        if tag not in _VOID:
            self._push(tag, attributes)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if self._is_xml and tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open[tag]:
            if self._pop() == tag:
                return

    def handle_data(self, data: str) -> None:
        element = self._elements[-1]
        if element.tag == "title" and not self._open["svg"]:
            self.page.title = self.page.title or " ".join(data.split())
        elif element.tag == "style":
            self._styles.add(data)
        elif element.is_unread:
            return
        elif element.is_hidden:
            self.page.hidden += len("".join(data.split()))
        else:
            self._line.append(data if element.is_pre else _BLANKS.sub(" ", data))

    def handle_comment(self, data: str) -> None:
        self.page.hidden += len("".join(data.split()))

    def unknown_decl(self, data: str) -> None:
        if self._is_xml and data.startswith("CDATA["):
            self.handle_data(data.removeprefix("CDATA["))

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """As the standard library has it, but what it does not know is passed over, as browsers do."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return self.parse_bogus_comment(i)

    def finish(self) -> None:
        """Read what the last tags leave unread, and close what is still open."""
        self._read_rest()
        while len(self._elements) > 1:
            self._pop()
        self._flush()
        self._leave_out_zones()

    def _leave_out_zones(self) -> None:
        """Leave out the asides, heads and feet of the page in which nothing is a sentence."""
        blocks = [block for block in self.page.blocks if isinstance(block, _Block)]
        spoken = {block.zone for block in blocks if block.text[-1] in _SENTENCE_ENDS or len(block.text) > _LONG_BLOCK}
        silent = {block.zone for block in blocks} - spoken - {0}
        kept = [block for block in self.page.blocks if not (isinstance(block, _Block) and block.zone in silent)]
        if any(isinstance(block, _Table) or block.zone not in silent for block in self.page.blocks):
            self.page.furniture += len(self.page.blocks) - len(kept)
            self.page.blocks = kept

    def _read_rest(self) -> None:
        """Pass over tags that never end: `feed` has stopped at the first, and `close` would try each to the end."""
        while rest := self.rawdata:
            end = rest.find(">") + 1
            if self.cdata_elem is not None:
                return
            if not rest.startswith("<"):
                self.close()
                return
            if not end or rest.startswith("<!--"):
                self.page.hidden += len("".join(rest.split()))
                return
            self.rawdata = ""
            self.handle_data(unescape(rest[:end]))
            self.feed(rest[end:])

    def _push(self, tag: str, attributes: Attributes) -> None:
        parent = self._elements[-1]
        on_white = parent.on_white and not (attributes and has_background(attributes))
        hidden = self._styles.hides(tag, attributes) or bool(
            attributes and on_white and self._styles.whitens(attributes)
        )
        pre = parent.is_pre or tag in ("pre", "textarea")
        self._elements.append(
            _Element(
                tag,
                is_unread=parent.is_unread or tag in _UNREAD,
                is_hidden=parent.is_hidden or hidden,
                on_white=on_white,
                is_pre=pre,
                is_furniture=parent.is_furniture or _is_furniture(tag, attributes),
                zone=self._zone(tag) or parent.zone,
            )
        )
        self._open[tag].append(len(self._elements) - 1)
        if tag == "li":
            self._bullet = True
        elif tag == "table" and len(self._open["table"]) <= _DEEPEST_TABLE:
            if self._tables:
                self._tables[-1].is_frame = True
            self._tables.append(_Table(quoted=len(self._open["blockquote"])))
        elif tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
            self._tables[-1].in_head += self._innermost({"thead"}) > self._innermost({"table"})
        elif tag in ("td", "th") and self._tables:
            if not self._tables[-1].rows:
                self._tables[-1].rows.append([])
            cell = _Cell(is_head=tag == "th")
            if attributes:
                cell.columns = _count(attributes.get("colspan")) or 1
                cell.rows = _count(attributes.get("rowspan")) or _MOST_ROWS
            self._tables[-1].rows[-1].append(cell)

    def _zone(self, tag: str) -> int:
        """The number of the zone that an element begins; 0 for one that begins none."""
        if tag not in _ZONES or (tag != "aside" and (self._open["main"] or self._open["article"])):
            return 0
        self._zones += 1
        return self._zones

    def _pop(self) -> str:
        tag = self._elements[-1].tag
        if tag in _BLOCKS:
            self._flush()
        self._bullet = self._bullet and tag != "li"
        self._elements.pop()
        self._open[tag].pop()
        if tag == "table" and len(self._open["table"]) < _DEEPEST_TABLE and self._tables:
            self._place_table(self._tables.pop())
        return tag

    def _end_implied(self, ended: set[str], beyond: set[str]) -> None:
        """End the elements that a start tag ends without saying so, as browsers do."""
        while (at := self._innermost(ended)) and at > self._innermost(beyond):
            self.handle_endtag(self._elements[at].tag)

    def _innermost(self, tags: set[str]) -> int:
        """Where the innermost open element of one of these tags stands; 0, the page itself, without one."""
        at = 0
        for tag in tags:  # a loop, since it runs for every tag of a page
            places = self._open.get(tag)
            if places and places[-1] > at:
                at = places[-1]
        return at

    def _flush(self) -> None:
        """The block that the text since the last one makes."""
        if not self._line:
            return
        lines = "".join(self._line).split("\n")
        self._line.clear()
        if not self._elements[-1].is_pre:
            lines = [line.strip(" \t") for line in lines]
        text = "\n".join(lines).strip("\n")
        if not text.strip():
            return
        if self._open["h1"] and not self.page.heading:
            self.page.heading = " ".join(text.split())
        is_item, self._bullet = self._bullet, False
        if self._elements[-1].is_furniture:
            self.page.furniture += 1
            self._bullet = False
            return
        quoted, zone = len(self._open["blockquote"]), self._elements[-1].zone
        level = next((int(tag[1]) for tag in _HEADINGS if self._open[tag]), 0)
        if is_item:
            self._place(_Block(f"- {text}", "item", quoted=quoted, zone=zone))
        else:
            self._place(_Block(text, "heading" if level else "paragraph", level, quoted, zone))

    def _place(self, block: _Block | _Table) -> None:
        cells = self._tables[-1].rows[-1] if self._tables and self._tables[-1].rows else None
        (cells[-1].blocks if cells else self.page.blocks).append(block)

    def _place_table(self, table: _Table) -> None:
        """A row a line, or where the table is but a frame that lays out the page, the blocks inside."""
        cells = [cell for row in table.rows for cell in row]
        long = any(len(cell.texts) > 1 or sum(map(len, cell.texts)) > _LONG_CELL for cell in cells)
        narrow = all(len(row) <= 1 for row in table.rows)
        if narrow or table.is_frame or (long and not table.has_heads):
            for block in (block for cell in cells for block in cell.blocks):
                self._place(block)
        else:
            self._place(table)


def _is_furniture(tag: str, attributes: Attributes) -> bool:
    """Whether an element is a menu or a notice on cookies, by its tag, role or name."""
    if tag == "nav":
        return True
    if not attributes or tag in _NEVER_FURNITURE:
        return False
    if (attributes.get("role") or "").lower() in _ROLES:
        return True
    return bool(_NOTICE.search(f"{attributes.get('id') or ''} {attributes.get('class') or ''}"))


def _count(value: str | None) -> int:
    """The number of rows or columns that a cell says it spans; 0 is all that follow."""
    digits = (value or "1").strip()
    return min(int(digits), _MOST_ROWS) if digits.isdecimal() and len(digits) < 10 else 1
