"""Mail messages: what the head says of sender, subject and date, then the text."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr, parsedate_to_datetime

from index.decode import decode
from index.errors import UnreadableFile
from index.readers.extracted import Composer, Extracted
from index.readers.html import read_page

_SHOWN = ("From", "To", "Cc", "Date", "Subject")


def read_mail(data: bytes) -> Extracted:
    """The head that a mail program shows, and the body: the plain form where there is one, else the HTML.

    Files that hang on the message are named, not read.

    Raises: UnreadableFile, when it is no message.
    """
    message = message_from_bytes(data, policy=policy.default)
    head = {name: _head(message, name) for name in _SHOWN}
    if not any(head.values()):
        raise UnreadableFile("named as a mail message, but has no sender, date or subject")
    composer = Composer()
    composer.section(
        title=head["Subject"], author=parseaddr(head["From"])[0] or head["From"], date=_iso_date(head["Date"])
    )
    composer.block("\n".join(f"{name}: {value}" for name, value in head.items() if value))
    body = message.get_body(("plain", "html"))
    if body is not None:
        text = _text(body)
        if body.get_content_type() == "text/html":
            read_page(text).compose(composer)
        else:
            composer.text(text)
    for part in message.iter_attachments() if message.is_multipart() else ():
        composer.note(f"the attached {part.get_filename() or part.get_content_type()!r} was not read")
    return composer.done()


def _head(message: EmailMessage, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())


def _text(part: MIMEPart) -> str:
    """The text of a part, by the encoding it says where that fits."""
    payload = part.get_payload(decode=True)
    return decode(payload, part.get_content_charset()).text if isinstance(payload, bytes) else ""


def _iso_date(text: str) -> str | None:
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, IndexError, TypeError):
        return None
