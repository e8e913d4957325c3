"""The command as a user meets it: run in this process, or as the installed script in a process of its own."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from simulators.plans import a_plan

from sovereign.cli.main import main

SCRIPT: Final = Path(sys.executable).with_name("sovereign")
_CODE: Final = re.compile(r"^(?:error|undecided|warning|notice)\[([^\]]+)\]", re.MULTILINE)

TAGS = """sovereign_tag: 1
datasets:
  - id: payroll
    title: Payroll
    owner: human resources
    classification: confidential
    categories: [hr]
    status: personal
    purposes: [recovery]
  - id: patients
    title: Images
    owner: clinic
    classification: restricted
    categories: [health]
    status: personal
    purposes: [recovery]
    packs: [de-only]
"""

GERMAN = "{id: vault, role: backup, provider: stackit, region: eu01}"
IRISH = "{id: vault, role: backup, provider: azure, region: northeurope}"
AMERICAN = "{id: vault, role: backup, provider: aws, region: us-east-1}"
NOWHERE = "{id: vault, role: backup, provider: aws}"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def codes(self) -> list[str]:
        """Codes of the diagnostics on stderr."""
        return _CODE.findall(self.err)

    @property
    def shown(self) -> list[str]:
        """Codes and rules of the diagnostics on stdout."""
        return _CODE.findall(self.out)


def run(*arguments: str | Path) -> Ran:
    """Run the command in this process; stdout and stderr are streams over bytes, as in a process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
    finally:
        structlog.reset_defaults()  # the command sends its lines to a stream of this run
    return Ran(code, *(_text(stream) for stream in (out, err)))


def start(*arguments: str | Path, environ: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
    """Start the installed script; `options` are those of Popen."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([SCRIPT, *arguments], env={**os.environ, **(environ or {})}, **{**streams, **options})


def run_script(*arguments: str | Path, environ: Mapping[str, str] | None = None, **options: Any) -> Ran:
    """Run the installed script to its end."""
    with start(*arguments, environ=environ, **options) as process:
        out, err = process.communicate(timeout=60)
    return Ran(process.returncode, (out or b"").decode(), (err or b"").decode())


def jobs(*placements: str, dataset: str = "payroll", tags: str = "tags.yaml") -> str:
    """Return a file of jobs: one job for each placement."""
    lines = [f"sovereign_jobs: 1\ntags: [{tags}]\njobs:"]
    lines += [
        f"  - id: job-{number}\n    kind: backup\n    purpose: recovery\n    inputs: [{dataset}]\n"
        f"    placements:\n      - {placement}"
        for number, placement in enumerate(placements)
    ]
    return "\n".join(lines) + "\n"


def request(*placements: Mapping[str, Any], **context: Any) -> dict[str, Any]:
    """Return a request about payroll."""
    tag = {"id": "payroll", "classification": "confidential", "categories": ["hr"], "status": "personal"}
    return {
        "subject": {"type": "job", "id": "job-0"},
        "action": {"name": "backup"},
        "resource": {"type": "dataset", "id": "payroll", "properties": tag},
        "context": {"placements": list(placements), **context},
    }


def bucket_plan(region: str | None) -> str:
    """Return a Terraform plan that makes one bucket of AWS; no region leaves it to a variable without a value."""
    place = {"references": ["var.region"]} if region is None else {"constant_value": region}
    return json.dumps(a_plan("aws_s3_bucket", {"bucket": "data"}, unknown={"region": True}, region=place))


def _text(stream: io.TextIOWrapper) -> str:
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()
