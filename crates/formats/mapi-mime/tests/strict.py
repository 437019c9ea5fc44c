"""Reads every NAME.eml of a folder as Python's strict policy does and compares it with NAME.txt beside it.

NAME.txt says how many leaves the message has on its first line, then the text of its first text/plain body, if it has one
and the writer made it. Prints one line for every fault: NAME, a tab, what is wrong. The last line counts the messages.
"""

import email
import email.policy
import os
import re
import sys
from email import errors

STRICT = email.policy.strict
DEFAULT = email.policy.default


MESSAGES = {"message/rfc822", "message/global", "message/news"}


def is_opaque(part):
    """message/partial holds a piece of a message, external-body a header, others fields: Python reads all as messages.

    What was signed is written as it came, with its faults.
    """
    if part.get_content_type() == "multipart/signed":
        return True
    return part.get_content_maintype() == "message" and part.get_content_type() not in MESSAGES


def parts(message):
    """All parts of a message, those of embedded messages too."""
    yield message
    if message.is_multipart() and not is_opaque(message):
        for part in message.get_payload():
            yield from parts(part)


def leaves(message):
    return sum(1 for part in parts(message) if not part.is_multipart() or is_opaque(part))


def has_no_ascii_form(value):
    """RFC 6532: a local part beyond ASCII has no other form, and Python has no policy for it in bytes."""
    return re.search(r"[^\x00-\x7f][^\s<>]*@", value) is not None


def faults_of(message):
    """Everything that the parser or a header's own parser holds against a message."""
    for part in parts(message):
        for defect in part.defects:
            yield f"{part.get_content_type()}: {defect!r}"
        for name in dict.fromkeys(part.keys()):
            for value in part.get_all(name):
                text = str(value)
                for defect in getattr(value, "defects", ()):
                    international = isinstance(
                        defect, (errors.NonASCIILocalPartDefect, errors.UndecodableBytesDefect)
                    )
                    if not (international and has_no_ascii_form(text)):
                        yield f"{name}: {defect!r}: {text[:100]!r}"


def folded(text):
    return " ".join(text.split())


def body(message):
    part = message.get_body(preferencelist=("plain",))
    return None if part is None else part.get_content()


def holds_opaque(raw):
    """Whether the parser, which stops at the first fault, may have stopped inside of what is no message."""
    message = email.message_from_bytes(raw, policy=DEFAULT)
    return any(is_opaque(part) for part in parts(message))


def check(path):
    with open(path, "rb") as file:
        raw = file.read()
    with open(path[:-4] + ".txt", encoding="utf-8", newline="") as file:
        count, _, text = file.read().partition("\n")
    for n, line in enumerate(raw.split(b"\r\n")):
        if len(line) > 998 or b"\n" in line or b"\r" in line:
            yield f"line {n} of {len(line)} bytes breaks RFC 5322"
    try:
        message = email.message_from_bytes(raw, policy=STRICT)
        for part in parts(message):
            if not part.is_multipart():
                part.get_payload(decode=True)
    except errors.MessageDefect as error:
        if not holds_opaque(raw):
            yield f"strict: {error!r}"
    except Exception as error:  # whatever it is, a reader would stop here
        yield f"strict: {error!r}"
    message = email.message_from_bytes(raw, policy=DEFAULT)
    yield from faults_of(message)
    if leaves(message) != int(count):
        yield f"{leaves(message)} leaves, {count} were written"
    if text:
        read = body(message)
        if read is None or folded(read) != folded(text):
            yield f"text: {folded(read or '')[:200]!r} is not {folded(text)[:200]!r}"


def main(folder):
    names = sorted(name for name in os.listdir(folder) if name.endswith(".eml"))
    for name in names:
        try:
            for fault in check(os.path.join(folder, name)):
                print(f"{name}\t{fault}")
        except Exception as error:
            print(f"{name}\traises {error!r}")
    print(f"checked {len(names)}")


sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
main(sys.argv[1])
