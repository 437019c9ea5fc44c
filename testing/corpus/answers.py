"""Reads each mail of a folder in Python's strictest way, one JSON object a line.

A mail is {"file", "defect", "fields", "text"}: what is wrong with it or null, the fields that threads are made of, and its
first text/plain. Everything is looked at: each field is parsed, each part decoded; `email.policy.strict` raises at the
first defect.
"""

import json
import os
import sys
from email import message_from_bytes, message_from_string, policy
from email.errors import NonASCIILocalPartDefect

# Nothing is left behind beside the scripts.
sys.dont_write_bytecode = True
from read import Part  # noqa: E402

FIELDS = ("message-id", "in-reply-to", "references", "thread-index", "subject", "from", "to", "cc", "bcc")
# Python's own: an object for each field, and an error for each defect. Lines of 998 bytes are what mail may have.
STRICT = policy.strict.clone(message_factory=Part)


def parse(data):
    """RFC 6532 has header fields in UTF-8, which Python reads of text alone."""
    if data.isascii():
        return message_from_bytes(data, policy=STRICT)
    try:
        return message_from_string(data.decode("utf-8"), policy=STRICT)
    except UnicodeDecodeError:
        return message_from_bytes(data, policy=STRICT)


def look(part):
    """Parses every field of a part and decodes what it holds."""
    for name, value in part.items():
        for defect in getattr(value, "defects", ()):
            # RFC 6532 has addresses that are not ASCII; Python knows them and calls them a defect all the same.
            if not isinstance(defect, NonASCIILocalPartDefect):
                raise defect
        str(value)
    for defect in part.defects:
        raise defect
    if part.is_multipart():
        for child in part.get_payload():
            look(child)
        return
    part.get_payload(decode=True)
    # What is attached has whatever bytes it came with.
    if part.get_content_maintype() == "text" and not part.is_attachment():
        part.get_content(errors="strict")


def plain(mail):
    for part in mail.walk():
        if part.get_content_type() == "text/plain" and not part.is_attachment():
            return part.get_content()
        if part.get_content_type() == "message/rfc822":
            return None
    return None


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    result = {"file": os.path.basename(path), "defect": None, "fields": {}, "text": None}
    try:
        mail = parse(data)
        look(mail)
        long = max((len(line) for line in data.split(b"\r\n")), default=0)
        if long > 998:
            raise ValueError(f"a line of {long} bytes")
        result["text"] = plain(mail)
        result["fields"] = {name: str(mail[name]) for name in FIELDS if mail[name] is not None}
    except Exception as error:  # whatever it is, it is what is wrong
        result["defect"] = f"{type(error).__name__}: {error}"
    return result


def main(folder):
    for name in sorted(os.listdir(folder)):
        print(json.dumps(read(os.path.join(folder, name))))


main(sys.argv[1])
