"""Prints what Python's email package (default policy) reads of each mail of a folder, one JSON object a line.

A mail is {"file", "subject", "to", "cc", "attachments", "text"}, or {"file", "out": why it is left out}.
The body is the first text/plain or text/html that is no attachment; of a multipart/alternative the first of
each; of a multipart/related its root. "text" is the plain and the HTML body, white space folded. Every other leaf is
an attachment, the SHA-256 of its decoded bytes, and so is an embedded message, an object like the mail itself.
Of To and Cc the addresses count: what has no @ is none (RFC 5322 section 3.4.1).
Bytes that Python cannot decode stay the surrogates it keeps them as, rather than become U+FFFD, so that such a mail is
left out and not judged by what Python made up.
"""

import hashlib
import json
import os
import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

MESSAGES = ("message/rfc822", "message/global", "message/news")


class Part(EmailMessage):
    """A part whose fields in a body (delivery status, read receipts, …) stay the bytes they are.

    Python takes every message/* for a mail and forgets its bytes."""

    def get_content_type(self):
        kind = super().get_content_type()
        if kind.startswith("message/") and kind not in MESSAGES:
            return "application/" + kind.partition("/")[2]
        return kind

    def get_content_maintype(self):
        return self.get_content_type().partition("/")[0]


def is_message(part):
    return part.get_content_maintype() == "message" and part.is_multipart()


def is_multipart(part):
    return part.get_content_maintype() == "multipart" and part.is_multipart()


def root_of(part):
    """The part of a multipart/related that is shown. RFC 2387 §3.2"""
    start = part.get_param("start")
    for child in part.iter_parts():
        if start and (child["content-id"] or "").strip() == start.strip():
            return child
    return next(part.iter_parts(), None)


def bodies(part, top=True):
    """The plain and the HTML body below `part`, or None for each."""
    kind = part.get_content_type()
    if part.get_content_disposition() == "attachment" or is_message(part):
        return None, None
    if not is_multipart(part):
        if kind == "text/html":
            return None, part
        broken = top and part.get_content_maintype() == "multipart"
        return (part if kind == "text/plain" or broken else None), None
    if kind == "multipart/encrypted":
        return None, None
    if kind == "multipart/related":
        root = root_of(part)
        return bodies(root, False) if root is not None else (None, None)
    found = [bodies(child, False) for child in part.get_payload()]
    if kind == "multipart/alternative":
        plain = next((p for p, _ in found if p is not None), None)
        html = next((h for _, h in found if h is not None), None)
        return plain, html
    return next((f for f in found if f != (None, None)), (None, None))


def leaves(part):
    if is_multipart(part):
        for child in part.get_payload():
            yield from leaves(child)
    else:
        yield part


def addresses(message, name):
    fields = message.get_all(name, [])
    specs = [a.addr_spec for field in fields for a in field.addresses]
    return [spec for spec in specs if "@" in spec]


def text_of(part):
    if part is None:
        return ""
    if part.get_content_maintype() == "multipart":
        text = part.get_payload(decode=True).decode("ascii", "surrogateescape")
    else:
        text = part.get_content(errors="surrogateescape")
    return " ".join(text.split())


def attachment(part):
    if is_message(part):
        return reading(part.get_payload(0))
    return hashlib.sha256(part.get_payload(decode=True)).hexdigest()


def reading(message):
    body = bodies(message)
    parts = [p for p in leaves(message) if all(p is not b for b in body)]
    empty = len(parts) == 1 and parts[0] is message and not message.get_payload()
    if empty and message.get_content_maintype() in ("text", "multipart"):
        parts = []
    return {
        "subject": str(message.get("subject", "")).strip(),
        "to": addresses(message, "to"),
        "cc": addresses(message, "cc"),
        "attachments": [attachment(part) for part in parts],
        "text": [text_of(part) for part in body],
    }


def encodable(text):
    """Whether there are no surrogates in `text` but those of raw UTF-8, which the default policy decodes."""
    try:
        text.encode("ascii", "surrogateescape").decode()
    except UnicodeError:
        return False
    return True


def one(data):
    message = message_from_bytes(data, _class=Part, policy=default)
    compared = ("from", "to", "cc", "subject")
    if not any(name in message for name in ("from", "to", "subject")):
        return {"out": "none of From, To, Subject"}
    raw = [value for name, value in message.raw_items() if name.lower() in compared]
    if not all(map(encodable, raw)):
        return {"out": "surrogates"}
    found = reading(message)
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return {"out": "surrogates"}
    return found


def main(folder):
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        try:
            found = one(data)
        except Exception as error:
            found = {"out": f"raises {type(error).__name__}"}
        print(json.dumps({"file": name, **found}))


if __name__ == "__main__":
    main(sys.argv[1])
