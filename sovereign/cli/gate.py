"""`sovereign gate PATH…|-`: decides infrastructure before it exists."""

import sys
from pathlib import Path

import click

from sovereign.cli.gate_text import show_gate
from sovereign.cli.options import common, trust_log_policy
from sovereign.cli.output import complain, write_json
from sovereign.cli.session import assembly_for, recording_for
from sovereign.enforce.gate_document import gate_document
from sovereign.enforce.gate_inputs import collect
from sovereign.enforce.gate_run import record_run, run_gate
from sovereign.errors import AuditError, UsageError, quoted

__all__ = ["gate"]


@click.command(short_help="Decide a Terraform or OpenTofu plan before anything exists.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True), metavar="PATH…|-")
@trust_log_policy
@click.option("--assume", "stated", multiple=True, metavar="KEY=VALUE", help="State an unknown place; repeatable.")
@click.option("--type", "kind", type=click.Choice(["terraform-plan"]), help="The kind that every input must be of.")
@common
def gate(
    paths: tuple[Path, ...],
    policies: tuple[str, ...],
    trust: Path | None,
    log: Path | None,
    no_log: bool,
    stated: tuple[str, ...],
    kind: str | None,  # noqa: ARG001  one kind is built, and an input of another is an error anyway
    form: str,
    lang: str | None,
) -> int:
    """Decide a Terraform or OpenTofu plan: where everything in it would be, before it exists."""
    assume = dict(_assumption(text) for text in stated)
    assembly = assembly_for(paths, trust=trust, policies=policies, log=log, lang=lang)
    settings = assembly.settings
    ignore = assembly.trust.gate_ignore if assembly.trust is not None else settings.gate_ignore
    collected = collect(paths, stdin=sys.stdin.buffer, ignore=ignore, root=settings.root, own=settings.path)
    report = run_gate(collected, assembly, assume)
    try:
        with recording_for(assembly, no_log=no_log) as recording:
            if recording is not None:
                document = record_run(report, assembly, recording)
            else:
                document = gate_document(report, assembly, receipt=None)
    except AuditError as error:
        if not report.errors:
            raise
        complain([*report.errors, error])  # an input that nobody could read is the worse of the two
        return report.exit_code
    if form == "json":
        write_json(document)
    else:
        show_gate(report, assembly.settings.lang, document["receipt"])
    return report.exit_code


def _assumption(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise UsageError(f"{quoted(text)} is no assumption", hint="--assume aws.region=eu-central-1")
    return key, value
