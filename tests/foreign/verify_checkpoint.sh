#!/bin/sh
# Verifies the signature of a log's checkpoint with openssl and the tools of POSIX alone.
#
# Usage: verify_checkpoint.sh CHECKPOINT VKEY
#
# Prints one line. Exit 0: verified. Exit 1: FAILED, the checkpoint is not what this key signed. Exit 2: called wrongly.
# Exit 5: cannot check, because a tool is missing or does not do what it should, or because the file holds no signature
# of this key. Before it judges, it verifies a published note, and a changed copy of it that must fail.
#
# Source: C2SP signed-note, tlog-checkpoint. SPKI prefix of Ed25519: RFC 8410.

set -u
LC_ALL=C
export LC_ALL

cannot() {
    printf 'cannot check: %s\n' "$1"
    exit 5
}

failed() {
    printf 'FAILED: %s\n' "$1"
    exit 1
}

if [ $# -ne 2 ]; then
    printf 'usage: verify_checkpoint.sh CHECKPOINT VKEY\n' >&2
    exit 2
fi

for tool in openssl od awk sed tail tr wc cat mktemp; do
    command -v "$tool" >/dev/null 2>&1 || cannot "$tool is missing"
done
work=$(mktemp -d) || cannot "no temporary directory"
trap 'rm -rf "$work"' EXIT
dash=$(printf '\342\200\224') # U+2014; printf of dash knows no \x

# hex FILE [COUNT]: the first bytes of a file in hexadecimal digits.
hex() {
    od -An -v -tx1 ${2:+-N "$2"} "$1" | tr -d ' \n'
}

# decode TEXT FILE: canonical base64 into a file; 1 if it is none. openssl alone accepts sloppy forms.
decode() {
    printf '%s' "$1" | openssl base64 -d -A >"$2" 2>/dev/null || return 1
    [ "$(openssl base64 -A -in "$2")" = "$1" ]
}

# read_key VKEY: sets key_name and key_id, writes key.der. The base64 part holds plus signs: only the first two divide.
read_key() {
    key_name=${1%%+*}
    key_rest=${1#*+}
    key_id=${key_rest%%+*}
    decode "${key_rest#*+}" "$work/key" || return 1
    [ "$(wc -c <"$work/key" | tr -d ' ')" = 33 ] && [ "$(hex "$work/key" 1)" = 01 ] || return 1
    { printf '%s\n' "$key_name" && cat "$work/key"; } | openssl dgst -sha256 -binary >"$work/key.hash" || return 1
    [ "$(hex "$work/key.hash" 4)" = "$key_id" ] || return 1
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000' && tail -c +2 "$work/key"; } >"$work/key.der"
}

# split NOTE: writes text and lines, divided at the last empty line; 1 if the file is no note.
split() {
    [ "$(tail -c 1 "$1" | od -An -tx1 | tr -d ' \n')" = 0a ] || return 1
    [ "$(tr -d '\012\040-\377' <"$1" | wc -c | tr -d ' ')" = 0 ] || return 1
    split_at=$(awk '$0 == "" { n = NR } END { print n + 0 }' "$1")
    [ "$split_at" -gt 1 ] || return 1
    sed -n "1,$((split_at - 1))p" "$1" >"$work/text"
    sed -n "$((split_at + 1)),\$p" "$1" >"$work/lines"
    [ "$(prefix="$dash " awk 'index($0, ENVIRON["prefix"]) != 1' "$work/lines" | wc -l | tr -d ' ')" = 0 ]
}

# verify NOTE VKEY: 0 verified, 1 does not verify, 3 no signature of this key, 4 the key is unreadable.
verify() {
    read_key "$2" || return 4
    split "$1" || return 1
    prefix="$dash $key_name " awk 'index($0, ENVIRON["prefix"]) == 1 { print substr($0, length(ENVIRON["prefix"]) + 1) }' \
        "$work/lines" >"$work/own"
    verified=0
    while IFS= read -r line; do
        decode "$line" "$work/signature" || return 1
        [ "$(hex "$work/signature" 4)" = "$key_id" ] || continue
        tail -c +5 "$work/signature" >"$work/raw"
        # From a file: -rawin from standard input fails a true signature.
        openssl pkeyutl -verify -pubin -inkey "$work/key.der" -keyform DER -rawin -in "$work/text" \
            -sigfile "$work/raw" >/dev/null 2>&1 || return 1
        verified=$((verified + 1))
    done <"$work/own"
    [ "$verified" -ne 0 ] || return 3
    [ "$verified" -eq 1 ]
}

# (1) Self-test: the example of the signed-note specification is true, and false with one letter changed.
sample_key='example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'
sample_line="$dash example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
printf 'This is an example message.\n\n%s\n' "$sample_line" >"$work/true"
printf 'This is an example Message.\n\n%s\n' "$sample_line" >"$work/false"
verify "$work/true" "$sample_key" || cannot "openssl does not verify a published signature"
if verify "$work/false" "$sample_key"; then
    cannot "openssl verifies a false signature"
fi

# (2) The checkpoint's signature.
[ -r "$1" ] || cannot "$1 cannot be read"
verify "$1" "$2"
case $? in
0) ;;
3) cannot "no signature of this key" ;;
4) cannot "the key is not of the form name+key id+base64" ;;
*) failed "the signature does not verify" ;;
esac

# (3) The checkpoint's form: origin, size, root, and nothing else.
origin=$(sed -n 1p "$work/text")
size=$(sed -n 2p "$work/text")
root=$(sed -n 3p "$work/text")
[ "$(wc -l <"$work/text" | tr -d ' ')" = 3 ] || failed "the text has not three lines"
[ "$origin" = "$key_name" ] || failed "the origin is not the name of the key"
case $size in
'' | *[!0-9]* | 0?*) failed "the size is not a decimal number" ;;
esac
decode "$root" "$work/root" || failed "the root is not base64"
[ "$(wc -c <"$work/root" | tr -d ' ')" = 32 ] || failed "the root has not 32 bytes"
printf 'verified: %s, %s entries, root %s\n' "$origin" "$size" "$(hex "$work/root")"
