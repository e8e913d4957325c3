"""Programs written by others refuse what was changed.

A mutant may be accepted only where its statement is still the true one: origin, size, root, index, entry. Such a one is
`lax` if our own reader refuses it, as it does nearly always, else `same`: it differs in a stranger's line alone.
"""

from collections.abc import Iterator, Sequence
from itertools import count as numbers

import pytest
from foreign import tally
from foreign.artefacts import Proofs, Written
from foreign.mutants import Mutant, of_directory, of_proof
from foreign.ours import read_checkpoint, read_log, read_proof, says_the_same
from foreign.programs import Case, Program, b64

from sovereign.signing import Verifier

PLACES = (("hybrid 700", 0), ("hybrid 700", 256), ("hybrid 700", 699), ("hybrid 257", 256), ("hybrid 1", 0),
          ("Ed25519 700", 511), ("Ed25519 256", 255), ("rotating 700", 300))  # fmt: skip
RANDOM = 220  # changes of single bytes for each place; changes of lines and fields come on top


@pytest.fixture(scope="module")
def originals(logs: dict[str, Written]) -> dict[tuple[str, int], tuple[bytes, bytes]]:
    """Proof file and entry of each place."""
    return {(name, at): (Proofs(logs[name]).file(at), logs[name].entries[at]) for name, at in PLACES}


@pytest.fixture(scope="module")
def mutants(
    logs: dict[str, Written], originals: dict[tuple[str, int], tuple[bytes, bytes]], more: int
) -> dict[tuple[str, int], list[Mutant]]:
    """Mutants of each place."""
    seeds = numbers(20_261_124)
    return {
        place: [*of_proof(proof, entry, seed=seed, count=RANDOM * more), *mixed(logs, *place)]
        for (place, (proof, entry)), seed in zip(originals.items(), seeds, strict=False)
    }


def mixed(logs: dict[str, Written], name: str, at: int) -> Iterator[Mutant]:
    """Yield proof files put together from true parts that do not belong together."""
    log = logs[name]
    made, entry = Proofs(log), log.entries[at]
    others = sorted({0, 1, at ^ 1, at ^ 256, log.size // 3, log.size - 1} & set(range(log.size)) - {at})
    for other in others:
        yield Mutant(how=f"entry {other}", proof=made.file(at), entry=log.entries[other])
        yield Mutant(how=f"proof of entry {other}", proof=made.file(other), entry=entry)
        index = made.file(other).replace(f"index {other}\n".encode(), f"index {at}\n".encode(), 1)
        yield Mutant(how=f"hashes of entry {other}", proof=index, entry=entry)
    for known, other_log in logs.items():
        if other_log.checkpoint != log.checkpoint:
            note = made.file(at).partition(b"\n\n")[0] + b"\n\n" + other_log.checkpoint
            yield Mutant(how=f"checkpoint of {known}", proof=note, entry=entry)
            lines = other_log.checkpoint.partition(b"\n\n")[2]
            signed = made.file(at).rpartition(b"\n\n")[0] + b"\n\n" + lines
            yield Mutant(how=f"signatures of {known}", proof=signed, entry=entry)


def judge(
    name: str, verdicts: Sequence[str | None], expected: str, refused_by_us: Sequence[bool], how: Sequence[str]
) -> None:
    """Check that no changed meaning was accepted, and count."""
    for verdict, change in zip(verdicts, how, strict=True):
        assert verdict in {None, expected}, f"{name} takes {verdict} for {expected}: {change}"
    accepted = [ours for verdict, ours in zip(verdicts, refused_by_us, strict=True) if verdict is not None]
    tally.count(name, refused=len(verdicts) - len(accepted), lax=sum(accepted), same=len(accepted) - sum(accepted))


def test_we_refuse_every_mutant(
    logs: dict[str, Written], originals: dict[tuple[str, int], tuple[bytes, bytes]],
    mutants: dict[tuple[str, int], list[Mutant]],
) -> None:  # fmt: skip
    """Our reader refuses each but those that change no statement: a stranger's line, the order of signatures."""
    for (name, at), changed in mutants.items():
        log = logs[name]
        refused = same = 0
        for mutant in changed:
            found = read_proof(mutant, log.keys)
            if found is None:
                refused += 1
                continue
            assert found == Proofs(log).statement(at), mutant.how
            assert says_the_same(mutant, originals[name, at][0], log.keys), mutant.how
            same += 1
        tally.count("sovereign", refused=refused, same=same)
        assert same * 10 < refused


def ask_about_proofs(
    program: Program, name: str, logs: dict[str, Written], mutants: dict[tuple[str, int], list[Mutant]], types: str
) -> None:
    """Ask a program about all mutants of proof files; `types` says which keys of a log it is given."""
    for (log_name, at), changed in mutants.items():
        log = logs[log_name]
        keys = keys_of(log, types)
        if keys:
            cases: list[Case] = [
                {"kind": "proof", "proof": b64(m.proof), "entry": b64(m.entry), "keys": [key.vkey for key in keys]}
                for m in changed
            ]
            refused = [read_proof(mutant, log.keys) is None for mutant in changed]
            judge(name, program.ask(cases), Proofs(log).statement(at), refused, [m.how for m in changed])


def keys_of(log: Written, types: str) -> tuple[Verifier, ...]:
    """Return the keys that a program is given; none if the log has not all of them."""
    if types == "Ed25519":
        return log.ed25519[:1]
    if log.mldsa is None:
        return ()
    return (log.mldsa,) if types == "ML-DSA" else log.keys


@pytest.mark.parametrize(
    ("name", "types"), [("Go x/mod", "Ed25519"), ("Go crypto/mldsa", "ML-DSA"), ("Go, both keys", "both")]
)
def test_go_refuses(
    name: str, types: str, go: Program, logs: dict[str, Written], mutants: dict[tuple[str, int], list[Mutant]]
) -> None:
    """Go accepts no changed statement, with one key or both."""
    ask_about_proofs(go, name, logs, mutants, types)


def test_sigstore_refuses(
    sigstore: Program, logs: dict[str, Written], mutants: dict[tuple[str, int], list[Mutant]]
) -> None:
    """The JavaScript of sigstore accepts no changed statement."""
    ask_about_proofs(sigstore, sigstore.name, logs, mutants, "Ed25519")


def test_noble_refuses(noble: Program, logs: dict[str, Written], mutants: dict[tuple[str, int], list[Mutant]]) -> None:
    """ML-DSA of noble accepts no changed checkpoint; one of another log that the same key signed is none."""
    genuine = {log.checkpoint for log in logs.values()}
    for (name, _), changed in mutants.items():
        log = logs[name]
        notes = {m.note: m.how for m in changed if m.note not in genuine}
        if log.mldsa:
            cases: list[Case] = [
                {"kind": "checkpoint", "checkpoint": b64(note), "keys": [log.mldsa.vkey]} for note in notes
            ]
            refused = [read_checkpoint(note, log.keys) is None for note in notes]
            judge(noble.name, noble.ask(cases), log.statement, refused, list(notes.values()))


def test_pymerkle_refuses(pymerkle: Program, logs: dict[str, Written], more: int) -> None:
    """Pymerkle, which knows trees alone, accepts no other entry, place, path or root."""
    for name, at in PLACES:
        cases, how = tree_mutants(logs[name], at, more)
        expected = Proofs(logs[name]).statement(at).split(" ", 1)[1]
        judge(pymerkle.name, pymerkle.ask(cases), expected, [True] * len(cases), how)


def tree_mutants(log: Written, at: int, more: int) -> tuple[list[Case], list[str]]:
    """Return changes of an inclusion proof below the checkpoint, and what each is.

    A changed size is not among them: a path says it only in part, the signature says it.
    """
    hashes, root = Proofs(log).inclusion(at), bytes.fromhex(log.statement.split()[2])
    true: Case = {"kind": "inclusion", "entry": b64(log.entries[at]), "index": at, "size": log.size,
                  "hashes": [b64(h) for h in hashes], "root": b64(root)}  # fmt: skip
    found: list[tuple[str, Case]] = [(f"index {i}", {**true, "index": i}) for i in range(-1, log.size + 2) if i != at]
    for number, hash_ in enumerate(hashes):
        before, after = list(true["hashes"][:number]), list(true["hashes"][number + 1 :])
        found += [
            (f"hash {number} bit {bit}", {**true, "hashes": [*before, b64(flip(hash_, bit)), *after]})
            for bit in range(0, 256, 11 if more == 1 else 1)
        ]
        found += [(f"hash {number} dropped", {**true, "hashes": before + after})]
        found += [(f"hash {number} doubled", {**true, "hashes": [*before, b64(hash_), b64(hash_), *after]})]
    entry = log.entries[at]
    found += [(f"root bit {bit}", {**true, "root": b64(flip(root, bit))}) for bit in range(256)]
    found += [(f"entry bit {bit}", {**true, "entry": b64(flip(entry, bit))}) for bit in range(8 * len(entry))]
    return [case for _, case in found], [change for change, _ in found]


def flip(data: bytes, bit: int) -> bytes:
    """Return the bytes with one bit changed."""
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


@pytest.mark.parametrize("name", ["hybrid 700", "Ed25519 257"])
def test_go_refuses_changed_logs(name: str, go: Program, logs: dict[str, Written], more: int) -> None:
    """x/mod refuses a log in which any tile, bundle or checkpoint was changed, swapped or left out."""
    log = logs[name]
    changed = list(of_directory(log.directory, seed=20_261_124, count=40 * more))
    cases: list[Case] = [
        {"kind": "log", "directory": str(log.directory), "keys": [key.vkey for key in log.keys],
         "changed": {path: None if data is None else b64(data) for path, data in change.items()}}
        for _, change in changed
    ]  # fmt: skip
    ours = [read_log(log, change) for _, change in changed]
    assert set(ours) <= {None, log.statement}
    tally.count("sovereign", refused=ours.count(None), same=len(ours) - ours.count(None))
    refused = [verdict is None for verdict in ours]
    judge("Go x/mod", go.ask(cases), log.statement, refused, [how for how, _ in changed])


def test_go_refuses_changed_consistency(go: Program, logs: dict[str, Written]) -> None:
    """x/mod refuses a consistency proof with a changed, dropped or doubled hash, and another pair of sizes."""
    log = logs["hybrid 700"]
    for size in (255, 256, 257):
        hashes = Proofs(log).consistency(size)
        changed = [[*hashes[:i], flip(h, b), *hashes[i + 1 :]] for i, h in enumerate(hashes) for b in range(256)]
        changed += [[*hashes[:i], *hashes[i + 1 :]] for i in range(len(hashes))]
        changed += [[*hashes[:i], hashes[i], *hashes[i:]] for i in range(len(hashes))]
        changed += [list(hashes[::-1]), [], [*hashes, bytes(32)], [*hashes[:-1], hashes[-1][:31]]]
        case = {"kind": "consistency", "old": b64(log.earlier[size]), "checkpoint": b64(log.checkpoint)}
        keys = [log.keys[0].vkey]
        cases: list[Case] = [{**case, "keys": keys, "hashes": [b64(h) for h in proof]} for proof in changed]
        others = [s for s in log.earlier if s not in {0, size}]
        true = [b64(h) for h in hashes]
        cases += [{**case, "keys": keys, "hashes": true, "old": b64(log.earlier[other])} for other in others]
        assert go.ask(cases) == [None] * len(cases)
        tally.count("Go x/mod", refused=len(cases))
