"""The verifier's look at what a public copy of a log does not have: `log.json` and `head`.

None of it is evidence; it must not contradict the evidence. Shares no code with the writer.
"""

import base64
import json
import re

from sovereign.audit.errors import KEEP, ForkError
from sovereign.audit.log_files import LogFiles
from sovereign.audit.verify_note import SignedHead
from sovereign.errors import ProofError

__all__ = ["check_description", "check_head"]


def check_description(files: LogFiles, head: SignedHead) -> None:
    """Return unless `log.json` names another origin or lacks a key that signed as the log.

    Raises:
        ProofError: it does (SOV-V001).
    """
    signed = {vkey for vkey in head.vkeys if vkey.startswith(f"{head.origin}+")}  # not a witness's
    try:
        document = json.loads(files.read("log.json"))
        agrees = document["origin"] == head.origin and signed <= set(document["vkeys"])
    except FileNotFoundError:
        return  # a public copy has none
    except (ValueError, TypeError, KeyError, RecursionError):
        agrees = False
    if not agrees:
        raise ProofError("log.json does not name the origin and the keys of the checkpoint", hint=KEEP)


def check_head(files: LogFiles, head: SignedHead, note: bytes, notices: list[str]) -> None:
    """Return unless the head file contradicts the checkpoint; it is ahead while a publisher runs or after its crash.

    Raises:
        ProofError: the file is not of the form, or behind the checkpoint (SOV-V001).
        ForkError: same size, another root (SOV-V003).
    """
    try:
        text = files.read("head").decode("utf-8")
    except FileNotFoundError:
        return  # a public copy has none
    except UnicodeDecodeError:
        text = ""
    found = f"{head.origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"
    match = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{43}=\n", text)
    if match is None or match[1] != head.origin or int(match[2]) < head.size:
        raise ProofError("the head file is not of the form, of another origin, or behind the checkpoint", hint=KEEP)
    if int(match[2]) > head.size:
        notices.append(f"the head file names {match[2]} entries, the checkpoint seals {head.size}")
    elif text != found:
        raise ForkError("head file and checkpoint cannot both be true", seen=text, found=note.decode(), hint=KEEP)
