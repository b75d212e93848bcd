"""Mails with quoted and forwarded parts, as programs of four languages write them, and whose each part is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

SENDER, SENT = "Ada Writer", "2024-06-11"
_BELOW = "Thank you, I will see to it."


@dataclass(frozen=True, slots=True)
class QuotedPart:
    """Words of somebody else in a mail; author and date are None where nothing says them."""

    mail: bytes
    words: str
    author: str | None
    date: str | None


def quoted_parts() -> Iterator[QuotedPart]:
    """Thirty parts, each with words that stand nowhere else in its mail."""
    for number, (line, author, date) in enumerate(_LINES):
        words = f"The crane number {number} costs 600 euros."
        yield QuotedPart(_mail(f"{_BELOW}\n\n{line}\n\n> Hello Ada,\n> {words}\n>\n> Bye"), words, author, date)
    for number, (head, author, date) in enumerate(_HEADS):
        words = f"The roof number {number} leaks over the stairs."
        yield QuotedPart(_mail(f"{_BELOW}\n\n{head}\n\nHello Ada,\n\n{words}\n\nBye"), words, author, date)
    yield from (QuotedPart(_mail(_DEEP), *fields) for fields in _DEEP_PARTS)
    for body, words, author, date in _PAGES:
        yield QuotedPart(_mail(body, "html"), words, author, date)


def _mail(body: str, subtype: str = "plain") -> bytes:
    message = EmailMessage()
    message["From"] = f"{SENDER} <ada@example.org>"
    message["Date"] = "Tue, 11 Jun 2024 10:00:00 +0000"
    message["Subject"] = "Re: Works"
    message.set_content(body, subtype=subtype)
    return message.as_bytes()


_LINES = (
    ("On Mon, 10 Jun 2024 at 16:20, Ivo Klein <ivo@example.org> wrote:", "Ivo Klein", "2024-06-10"),
    ("On Jun 10, 2024, at 4:20 PM, Mary-Jane O'Neil <mj@example.org> wrote:", "Mary-Jane O'Neil", "2024-06-10"),
    ("On Monday, June 10, 2024 at 04:20:13 PM GMT+2, Ivo Klein\n<ivo@example.org> wrote:", "Ivo Klein", "2024-06-10"),
    ("On 10.06.24 16:20, Ivo Klein via Building wrote:", "Ivo Klein via Building", "2024-06-10"),
    ("Ivo Klein wrote:", "Ivo Klein", None),
    ("Am 10.06.2024 um 16:20 schrieb Jürgen Groß:", "Jürgen Groß", "2024-06-10"),
    ("Am Mo., 10. Juni 2024 um 16:20 Uhr schrieb Jürgen Groß <\njg@example.org>:", "Jürgen Groß", "2024-06-10"),
    ("Jürgen Groß schrieb am 10. Juni 2024:", "Jürgen Groß", "2024-06-10"),
    ("Le lun. 10 juin 2024 à 16:20, Zoé Blanc <zoe@example.org> a écrit :", "Zoé Blanc", "2024-06-10"),
    ("Le 10/06/2024 à 16:20, Zoé Blanc a écrit :", "Zoé Blanc", "2024"),
    ("El lun, 10 jun 2024 a las 16:20, Inés Soto (<ines@example.org>)\nescribió:", "Inés Soto", "2024-06-10"),
    ("El 10 de junio de 2024, Inés Soto escribió:", "Inés Soto", "2024-06-10"),
    ("As you said before:", None, None),
)
_HEADS = (
    (
        "---------- Forwarded message ---------\nFrom: Ivo Klein <ivo@example.org>\n"
        "Date: Mon, Jun 10, 2024 at 4:20 PM\nSubject: Works\nTo: Ada Writer <ada@example.org>",
        "Ivo Klein", "2024-06-10",
    ),
    (
        "-----Original Message-----\nFrom: Klein, Ivo [mailto:ivo@example.org]\nSent: Monday, June 10, 2024 4:20 PM\n"
        "To: Writer, Ada\nCc: Bo Berg; Cy Dorn\nSubject: Works",
        "Klein, Ivo", "2024-06-10",
    ),
    (
        "________________________________\nVon: Jürgen Groß <jg@example.org>\nGesendet: Montag, 10. Juni 2024 16:20\n"
        "An: Ada Writer <ada@example.org>\nBetreff: AW: Arbeiten",
        "Jürgen Groß", "2024-06-10",
    ),
    (
        "-------- Weitergeleitete Nachricht --------\nBetreff: Arbeiten\nDatum: Mon, 10 Jun 2024 16:20:11 +0200\n"
        "Von: Jürgen Groß <jg@example.org>\nAn: Ada Writer <ada@example.org>",
        "Jürgen Groß", "2024-06-10",
    ),
    (
        "---------- Message transféré ---------\nDe : Zoé Blanc <zoe@example.org>\n"
        "Date : lun. 10 juin 2024 à 16:20\nObjet : Travaux\nÀ : Ada Writer",
        "Zoé Blanc", "2024-06-10",
    ),
    (
        "De : Zoé Blanc <zoe@example.org>\nEnvoyé : lundi 10 juin 2024 16:20\nÀ : Ada Writer\nObjet : Travaux",
        "Zoé Blanc", "2024-06-10",
    ),
    (
        "---------- Mensaje reenviado ---------\nDe: Inés Soto <ines@example.org>\n"
        "Fecha: lun, 10 jun 2024 a las 16:20\nAsunto: Obras\nPara: Ada Writer",
        "Inés Soto", "2024-06-10",
    ),
    (
        "De: Inés Soto\nEnviado el: lunes, 10 de junio de 2024 16:20\nPara: Ada Writer\nAsunto: Obras",
        "Inés Soto", "2024-06-10",
    ),
    (
        "Begin forwarded message:\n\nFrom: Ivo Klein\nSubject: Works\nDate: 10 June 2024 at 16:20",
        "Ivo Klein", "2024-06-10",
    ),
    ("-------- Original Message --------\nSubject: Works\nFrom: ivo@example.org\nTo: Ada", "ivo@example.org", None),
)  # fmt: skip
_DEEP = (
    "No, thanks.\n\nOn 10 June 2024 at 16:20, Ivo Klein wrote:\n> Shall we take the blue one?\n>\n"
    "> On 9 June 2024, Bo Berg wrote:\n>> The green one is gone.\n>>> There were three of them.\n"
)
_DEEP_PARTS = (
    ("Shall we take the blue one?", "Ivo Klein", "2024-06-10"),
    ("The green one is gone.", "Bo Berg", "2024-06-09"),
    ("There were three of them.", None, None),
)
_BY = '<div class="gmail_attr">On Mon, Jun 10, 2024 at 4:20 PM Ivo Klein &lt;ivo@example.org&gt; wrote:<br></div>'
_PAGES = (
    (
        f"<p>{_BELOW}</p>{_BY}<blockquote><div>The gate opens at six.</div></blockquote>",
        "The gate opens at six.", "Ivo Klein", "2024-06-10",
    ),
    (
        f"<div>{_BELOW}</div><div>Le 10 juin 2024 à 16:20, Zoé Blanc a écrit :</div>"
        '<blockquote type="cite"><p>La porte ferme à huit heures.</p></blockquote>',
        "La porte ferme à huit heures.", "Zoé Blanc", "2024-06-10",
    ),
    (
        f"<p>{_BELOW}</p><hr><div><b>From:</b> Ivo Klein<br><b>Sent:</b> Monday, 10 June 2024 16:20<br><b>To:</b> Ada"
        "<br><b>Subject:</b> Gate</div><p>The gate costs 85 euros.</p>",
        "The gate costs 85 euros.", "Ivo Klein", "2024-06-10",
    ),
    (
        f"<p>{_BELOW}</p><blockquote><p>Nobody knows who said this.</p></blockquote>",
        "Nobody knows who said this.", None, None,
    ),
)  # fmt: skip
