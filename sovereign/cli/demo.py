"""`sovereign demo`: the main job on the data of an invented site, told in plain words, in a temporary folder.

It reads no settings and no state of the user, and contacts nothing. Every line it prints was just decided, recorded
and verified by the same code that the other verbs use.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from sovereign._internal.clock import local_day, system_clock
from sovereign._internal.shipped import shipped_directory
from sovereign.audit.log import Log
from sovereign.audit.verify import LogReport, verify_log
from sovereign.cli.gate import show_report
from sovereign.cli.output import tell, write_text
from sovereign.decision.point import LEGAL_TIME
from sovereign.enforce.assembly import Assembly, build
from sovereign.enforce.checking import Instants, answer
from sovereign.enforce.gate_inputs import GateInput, Collected
from sovereign.enforce.gate_run import record_run, run_gate
from sovereign.enforce.questions import Question, read_questions
from sovereign.enforce.recording import Recording
from sovereign.errors import VerificationError
from sovereign.policy.outcome import Outcome
from sovereign.report.decisions import Answered, diagnostics
from sovereign.report.diagnostic import from_error
from sovereign.report.terminal import clean, painter_for
from sovereign.tags.sources.sidecar import TagSet, load_tag_file

__all__ = ["demo"]

_POLICIES: Final = ("de-only", "eu-only", "eea-gdpr")
_SHOWN: Final = ("backup-payroll", "ask-the-turbine", "mirror-patients")
