"""Mail messages: what the head says of sender, subject and date, then the text, a section for each who wrote of it.

Files that are attached follow the text, each as sections of its own under its name. A mailbox is its messages, one
after the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr, parsedate_to_datetime

from index.errors import UnreadableFile
from index.readers.decode import decode
from index.readers.extracted import Composer, Extracted
from index.readers.html import read_page
from index.readers.html_page import Page
from index.readers.thread import Part, Voice, marked, parts

_DEEPEST = 20
_MOST_ATTACHED = 100
"""Files of one message that are read."""
_MOST_MESSAGES = 5_000
"""Messages of one mailbox that are read."""
_SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From \S.*\d\d:\d\d.*\n")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
"""A line of a message's own, marked lest it be taken for the beginning of the next (mboxrd)."""
_FIELDS = ("From", "To", "Cc", "Date", "Subject")
ReadAttached = Callable[[str, bytes], Extracted]
"""Reads an attached file by its name and its bytes. Raises: UnreadableFile."""


def read_mail(data: bytes, read_attached: ReadAttached | None = None) -> Extracted:
    """The head that a mail program shows, and the body: the plain form where there is one, else the HTML; of a mailbox
    those of each message.

    What is quoted or forwarded in it is a section of its own, without the marks of quoting, and so is a message that
    hangs on it, and each file that `read_attached` reads. Other files that hang on it are named, with the reason.

    Raises: UnreadableFile, when it is no message, or its parts nest deeper than anybody sends them.
    """
    try:
        return _Mail(read_attached).read(data)
    except RecursionError:
        raise UnreadableFile("a mail message whose parts nest too deep") from None


class _Mail:
    def __init__(self, read_attached: ReadAttached | None) -> None:
        self._composer = Composer()
        self._read_attached = read_attached
        self._attached = 0

    def read(self, data: bytes) -> Extracted:
        texts = messages_of(data)
        is_empty = True
        for text in texts[:_MOST_MESSAGES]:
            message = message_from_bytes(text, policy=policy.default)
            head = _heads(message)
            if any(head.values()):
                is_empty, self._attached = False, 0
                self._message(message, head)
        if is_empty:
            raise UnreadableFile("named as a mail message, but has no sender, date or subject")
        if len(texts) > _MOST_MESSAGES:
            self._composer.note(f"the last {len(texts) - _MOST_MESSAGES:,} messages of {len(texts):,} were not read")
        return self._composer.done()

    def _message(self, message: EmailMessage, head: Mapping[str, str], depth: int = 0) -> None:
        composer = self._composer
        sender = Voice(parseaddr(head["From"])[0] or head["From"] or None, _iso_date(head["Date"]))
        composer.section(title=head["Subject"], author=sender.author, date=sender.date)
        composer.attribute(*((sender.author, sender.date) if depth else (None, None)))
        composer.block("\n".join(f"{name}: {value}" for name, value in head.items() if value))
        body = message.get_body(("plain", "html"))
        if body is not None:
            text = _text(body)
            page = read_page(text) if body.get_content_type() == "text/html" else None
            lines = marked(text) if page is None else list(page.lines())
            _compose(composer, parts(lines, sender), page, head["Subject"], depth)
        for part in message.iter_attachments() if message.is_multipart() else ():
            self._attachment(part, depth)

    def _attachment(self, part: EmailMessage, depth: int) -> None:
        inner = part.get_payload(0) if part.get_content_type() == "message/rfc822" and part.is_multipart() else None
        if isinstance(inner, EmailMessage) and depth < _DEEPEST:
            self._message(inner, _heads(inner), depth + 1)
            return
        name = " ".join((part.get_filename() or part.get_content_type()).split())
        try:
            self._file(name, part)
        except UnreadableFile as error:
            reason = f": {error}" if str(error) else ""
            self._composer.note(f"the attached {name!r} was not read{reason}")

    def _file(self, name: str, part: EmailMessage) -> None:
        """Add the text of an attached file. Raises: UnreadableFile."""
        data = part.get_payload(decode=True)
        if self._read_attached is None or not isinstance(data, bytes):
            raise UnreadableFile("")
        if part.get_content_disposition() == "inline" and part.get_content_maintype() == "image":
            raise UnreadableFile("a picture of the message itself")
        self._attached += 1
        if self._attached > _MOST_ATTACHED:
            raise UnreadableFile(f"no more than {_MOST_ATTACHED} files of a message are")
        self._composer.include(self._read_attached(name, data), name)


def messages_of(data: bytes) -> list[bytes]:
    """The messages of a mailbox (mbox, RFC 4155, lines that begin with "From " marked or not); what is none is one."""
    starts = list(_SEPARATOR.finditer(data))
    if not starts or starts[0].start():
        return [data]
    ends = [*(match.start() for match in starts[1:]), len(data)]
    return [_QUOTED_FROM.sub(rb"\1", data[match.end() : end]) for match, end in zip(starts, ends, strict=True)]


def _compose(composer: Composer, parts: list[Part], page: Page | None, subject: str, depth: int) -> None:
    if page is not None and not any(part.is_other for part in parts):
        page.compose(composer)
        return
    composer.hide_count(page.hidden if page else 0)
    for number, part in enumerate(parts):
        if number or part.is_other:
            composer.section(title=subject, author=part.voice.author, date=part.voice.date)
        voice = part.voice if part.is_other or depth else Voice()
        composer.attribute(voice.author, voice.date)
        composer.block(part.head, kind="furniture")
        composer.text(part.text)


def _heads(message: EmailMessage) -> dict[str, str]:
    return {name: " ".join(str(message.get(name, "")).split()) for name in _FIELDS}


def _text(part: MIMEPart) -> str:
    """The text of a part, by the encoding it says where that fits."""
    payload = part.get_payload(decode=True)
    return decode(payload, part.get_content_charset()).text if isinstance(payload, bytes) else ""


def _iso_date(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, IndexError, TypeError):
        return None
