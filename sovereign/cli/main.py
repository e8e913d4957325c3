"""Where the process starts and ends: one wrapper turns every ending into an exit code of the table.

click's own endings lie: a returned number is ignored, and an abort, a broken pipe and an uncaught exception all give 1,
which means `denied` here. So click runs with `standalone_mode=False` and this module alone ends the process.
"""

import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NoReturn, TextIO

from sovereign.errors import SovereignError

if TYPE_CHECKING:
    import click

__all__ = ["main", "run"]

INTERRUPTED: Final = 130
INTERNAL: Final = 70
USAGE: Final = 2


def run() -> NoReturn:
    """Run the command with the arguments of the process and end the process."""
    _hold_streams()
    code = main(sys.argv[1:])
    # a permit that nobody could read is none, and a denial cut short is no finding
    sys.exit(code if _is_delivered(sys.stdout) and _is_delivered(sys.stderr, lossy=True) else INTERNAL)


def _hold_streams() -> None:
    """Open the standard streams that the caller closed, so that no file of a log becomes one of them.

    What is written to a closed stdout still fails, as it must; a closed stderr swallows its lines.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest free number, which is this one
    sys.stdin = sys.stdin or open(0, closefd=False, encoding="utf-8")  # noqa: SIM115  lives as long as the process
    sys.stdout = sys.stdout or open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115  as above
    sys.stderr = sys.stderr or open(2, "w", closefd=False, encoding="utf-8")  # noqa: SIM115  as above
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without umlauts is no reason to crash


def _is_delivered(stream: TextIO, *, lossy: bool = False) -> bool:
    """Return whether everything written to `stream` left; what did not is dropped, so that the exit says nothing."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2 if lossy else 1)
        return lossy
    return True


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

    from sovereign.cli.operations import quiet_operations  # noqa: PLC0415
    from sovereign.cli.ownership import check_ownership  # noqa: PLC0415
    from sovereign.cli.root import root  # noqa: PLC0415

    try:
        check_ownership()
        quiet_operations()
        result = root.main(args=list(arguments), prog_name="sovereign", standalone_mode=False)
    except SovereignError as error:
        return _tell(error)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return _tell_usage(error)
    return result if isinstance(result, int) else 0


def _tell(error: SovereignError) -> int:
    from sovereign.report.diagnostic import from_error  # noqa: PLC0415
    from sovereign.report.terminal import painter_for  # noqa: PLC0415
    from sovereign.report.text import render  # noqa: PLC0415

    with suppress(OSError):  # a full disk behind stderr changes no exit code
        sys.stderr.write(render(from_error(error), painter_for(sys.stderr)))
    return error.exit_code


def _tell_usage(error: "click.ClickException") -> int:
    from sovereign.errors import UsageError  # noqa: PLC0415  only a mistake needs it

    text = " ".join(error.format_message().split()).removesuffix(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "sovereign"
    return _tell(UsageError(text[:1].lower() + text[1:], hint=f"`{command} --help` says what there is"))


def _report_crash(error: Exception) -> None:
    """Name the kind and place of a crash, without values: they may be data of a person."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    place = f"{os.path.basename(last.tb_frame.f_code.co_filename)}:{last.tb_lineno}" if last else "unknown place"  # noqa: PTH119
    with suppress(OSError):  # as in `_tell`
        sys.stderr.write(
            f"error[SOV-X001]: internal error: {type(error).__name__} at {place}\n"
            "  = help: nothing was permitted; report this line; SOVEREIGN_DEBUG=1 shows where it comes from\n"
        )
    if os.environ.get("SOVEREIGN_DEBUG"):
        import traceback  # noqa: PLC0415

        from sovereign.report.terminal import clean  # noqa: PLC0415  what a stranger wrote may stand in a message

        for line in "".join(traceback.format_exception(error)).split("\n"):
            sys.stderr.write(clean(line) + "\n")
