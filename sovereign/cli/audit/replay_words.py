"""The words of a replay, for officers: outcomes and reasons in English and German."""

from collections.abc import Mapping
from typing import Final

__all__ = ["OUTCOMES", "REASONS", "WORDS"]

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "head": "replayed   {same} of {verdicts} verdicts of entries {start} to {last} follow from what was recorded",
        "nothing": "replayed   nothing: no verdict of the range could be recomputed, so nothing is shown",
        "empty": "replayed   nothing: the range holds no sealed entry",
        "basis": "basis      the recorded placements and tags; whether these were true, no replay says",
        "differs": "differs",
        "recorded": "recorded",
        "follows": "follows",
        "silent": "nothing",
        "rule": "by",
        "placement": "placement",
        "more": "and {count} more; --format json lists all",
        "unsealed": "unsealed   {count} entries after the checkpoint were not replayed",
        "version": "engine     {count} verdicts were made by version {version}; replayed with this one",
        "entries": "entries",
        "entry": "entry",
        "policy": "policy     {name} {version} {digest}…",
        "snapshot": "places     data as of {name} {digest}…",
        "trust": "trust      file of {name} {digest}…",
        "no_trust": "trust      none named by {count} verdicts, so records and claims needed no signature there",
        "shipped": "as shipped with this version",
        "own": "not shipped with this version: compare the digest with the one you know",
    },
    "de": {
        "head": (
            "geprüft    {same} von {verdicts} Ergebnissen der Einträge {start} bis {last} "
            "folgen aus dem, was aufgezeichnet wurde"
        ),
        "nothing": "geprüft    nichts: kein Ergebnis des Bereichs ließ sich neu berechnen, also ist nichts gezeigt",
        "empty": "geprüft    nichts: im Bereich liegt kein versiegelter Eintrag",
        "basis": "Grundlage  die aufgezeichneten Orte und Etiketten; ob sie stimmten, zeigt keine Neuberechnung",
        "differs": "weicht ab",
        "recorded": "aufgezeichnet",
        "follows": "es folgt",
        "silent": "nichts",
        "rule": "nach",
        "placement": "Ort",
        "more": "und {count} weitere; --format json nennt alle",
        "unsealed": "offen      {count} Einträge nach dem Prüfpunkt wurden nicht neu berechnet",
        "version": "Fassung    {count} Ergebnisse stammen von Fassung {version}; neu berechnet mit dieser",
        "entries": "Einträge",
        "entry": "Eintrag",
        "policy": "Regelwerk  {name} {version} {digest}…",
        "snapshot": "Orte       Daten vom {name} {digest}…",
        "trust": "Vertrauen  Datei von {name} {digest}…",
        "no_trust": "Vertrauen  {count} Ergebnisse nennen keine Datei, also brauchten Belege dort keine Signatur",
        "shipped": "wie mit dieser Fassung ausgeliefert",
        "own": "nicht mit dieser Fassung ausgeliefert: die Prüfsumme mit der bekannten vergleichen",
    },
}
OUTCOMES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "differs": "differs",
        "wrong_object": "wrong",
        "erased": "erased",
        "not_kept": "not kept",
        "cannot_be_replayed": "cannot",
    },
    "de": {
        "differs": "weicht ab",
        "wrong_object": "falsch",
        "erased": "gelöscht",
        "not_kept": "fehlt",
        "cannot_be_replayed": "unmöglich",
    },
}
REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "request_gone": "the request was erased, or lies in another copy of the log",
        "object_gone": "an object that the entry names is not kept here",
        "object_wrong": "an object is not what its name says",
        "remote_engine": "a remote engine took part; what the native one denies is recorded",
        "other_engine": "made by an engine that this version does not have",
        "engine_failed": "an engine failed, and a failure cannot be had again",
        "other_version": "the entry has a form of another version",
        "older_document": "the result document is of a version that did not record tag and candidates",
        "no_entry": "the entry is not JSON of one reading",
        "ill_formed": "the entry or its objects do not have the form of a recorded verdict",
        "unreadable": "an object cannot be read, so nothing follows from it",
        "engines_disagree": "the two native engines disagree; report this as a fault of the software",
    },
    "de": {
        "request_gone": "die Anfrage wurde gelöscht oder liegt in einer anderen Kopie des Protokolls",
        "object_gone": "ein Objekt, das der Eintrag nennt, ist hier nicht aufbewahrt",
        "object_wrong": "ein Objekt ist nicht, was sein Name sagt",
        "remote_engine": "ein entfernter Dienst war beteiligt; was die eigene Berechnung ablehnt, ist aufgezeichnet",
        "other_engine": "entschieden hat ein Programm, das diese Fassung nicht enthält",
        "engine_failed": "ein Programm war ausgefallen; ein Ausfall lässt sich nicht wiederholen",
        "other_version": "der Eintrag hat die Form einer anderen Fassung",
        "older_document": "die Fassung des Ergebnisdokuments hielt Etikett und Kandidaten noch nicht fest",
        "no_entry": "der Eintrag ist kein JSON mit nur einer Lesart",
        "ill_formed": "Eintrag oder Objekte haben nicht die Form eines aufgezeichneten Ergebnisses",
        "unreadable": "ein Objekt ist nicht lesbar, also folgt nichts daraus",
        "engines_disagree": "die beiden eigenen Berechnungen widersprechen sich; das ist ein Fehler des Programms",
    },
}
