"""Mail messages: what the head says of sender, subject and date, then the text, a section for each who wrote of it."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr, parsedate_to_datetime

from index.errors import UnreadableFile
from index.readers.decode import decode
from index.readers.extracted import Composer, Extracted
from index.readers.html import Page, read_page
from index.readers.thread import Part, Voice, marked, parts

_DEEPEST = 20
_SHOWN = ("From", "To", "Cc", "Date", "Subject")


def read_mail(data: bytes) -> Extracted:
    """The head that a mail program shows, and the body: the plain form where there is one, else the HTML.

    What is quoted or forwarded in it is a section of its own, without the marks of quoting, and so is a message that
    hangs on it. Other files that do are named, not read.

    Raises: UnreadableFile, when it is no message, or its parts nest deeper than anybody sends them.
    """
    try:
        return _whole(data)
    except RecursionError:
        raise UnreadableFile("a mail message whose parts nest too deep") from None


def _whole(data: bytes) -> Extracted:
    message = message_from_bytes(data, policy=policy.default)
    head = _heads(message)
    if not any(head.values()):
        raise UnreadableFile("named as a mail message, but has no sender, date or subject")
    composer = Composer()
    _read(composer, message, head)
    return composer.done()


def _read(composer: Composer, message: EmailMessage, head: Mapping[str, str], depth: int = 0) -> None:
    sender = Voice(parseaddr(head["From"])[0] or head["From"] or None, _iso_date(head["Date"]))
    composer.section(title=head["Subject"], author=sender.author, date=sender.date)
    composer.attribute(*((sender.author, sender.date) if depth else (None, None)))
    composer.block("\n".join(f"{name}: {value}" for name, value in head.items() if value))
    body = message.get_body(("plain", "html"))
    if body is not None:
        text = _text(body)
        page = read_page(text) if body.get_content_type() == "text/html" else None
        _compose(
            composer, parts(marked(text) if page is None else list(page.lines()), sender), page, head["Subject"], depth
        )
    for part in message.iter_attachments() if message.is_multipart() else ():
        inner = part.get_payload(0) if part.get_content_type() == "message/rfc822" and part.is_multipart() else None
        if isinstance(inner, EmailMessage) and depth < _DEEPEST:
            _read(composer, inner, _heads(inner), depth + 1)
        else:
            composer.note(f"the attached {part.get_filename() or part.get_content_type()!r} was not read")


def _compose(composer: Composer, found: list[Part], page: Page | None, subject: str, depth: int) -> None:
    if page is not None and not any(part.is_other for part in found):
        page.compose(composer)
        return
    composer.hide_count(page.hidden if page else 0)
    for number, part in enumerate(found):
        if number or part.is_other:
            composer.section(title=subject, author=part.voice.author, date=part.voice.date)
        voice = part.voice if part.is_other or depth else Voice()
        composer.attribute(voice.author, voice.date)
        composer.block(part.head, kind="furniture")
        composer.text(part.text)


def _heads(message: EmailMessage) -> dict[str, str]:
    return {name: " ".join(str(message.get(name, "")).split()) for name in _SHOWN}


def _text(part: MIMEPart) -> str:
    """The text of a part, by the encoding it says where that fits."""
    payload = part.get_payload(decode=True)
    return decode(payload, part.get_content_charset()).text if isinstance(payload, bytes) else ""


def _iso_date(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, IndexError, TypeError):
        return None
