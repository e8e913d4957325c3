"""Where the process starts and ends: one wrapper turns every ending into an exit code of the table.

click's own endings lie: a returned number is ignored, and an abort, a broken pipe and an uncaught exception all give 1,
which means `denied` here. So click runs with `standalone_mode=False` and this module alone ends the process.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from sovereign.errors import SovereignError

__all__ = ["main", "run"]

INTERRUPTED: Final = 130
INTERNAL: Final = 70
USAGE: Final = 2


def run() -> NoReturn:
    """Run the command with the arguments of the process and end the process."""
    code = main(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        # The reader left. The verdict stands in the code; nothing may be printed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = code or INTERNAL
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; never raises."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return INTERNAL
    except SystemExit:
        return INTERNAL
    except Exception as error:  # noqa: BLE001  the door: a crash never looks like a finding, nor like a pass
        _report_crash(error)
        return INTERNAL


def _run(arguments: Sequence[str]) -> int:
    import click  # noqa: PLC0415  `--version` and the verifier start without it

    from sovereign.cli.ownership import check_ownership  # noqa: PLC0415
    from sovereign.cli.root import root  # noqa: PLC0415

    try:
        check_ownership()
        result = root.main(args=list(arguments), prog_name="sovereign", standalone_mode=False)
    except SovereignError as error:
        return _tell(error)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return _tell_usage(error.format_message())
    return result if isinstance(result, int) else 0


def _tell(error: SovereignError) -> int:
    from sovereign.report.diagnostic import from_error  # noqa: PLC0415
    from sovereign.report.terminal import painter_for  # noqa: PLC0415
    from sovereign.report.text import render  # noqa: PLC0415

    sys.stderr.write(render(from_error(error), painter_for(sys.stderr)))
    return error.exit_code


def _tell_usage(message: str) -> int:
    from sovereign.errors import UsageError  # noqa: PLC0415

    text = " ".join(message.split()).removesuffix(".")
    return _tell(UsageError(text[:1].lower() + text[1:], hint="`sovereign --help` lists the commands"))


def _report_crash(error: Exception) -> None:
    """Name the kind and place of a crash, without values: they may be data of a person."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f"{os.path.basename(last.tb_frame.f_code.co_filename)}:{last.tb_lineno}" if last else "unknown place"  # noqa: PTH119
    sys.stderr.write(
        f"error[SOV-X001]: internal error: {type(error).__name__} at {place}\n"
        "  = help: nothing was permitted; report this line, and run with SOVEREIGN_DEBUG=1 to see where it comes from\n"
    )
    if os.environ.get("SOVEREIGN_DEBUG"):
        import traceback  # noqa: PLC0415

        traceback.print_exception(error)
