#!/bin/sh
# Verifies the signature of a log's checkpoint, and an entry's place in the log, with openssl and the tools of POSIX alone.
#
# Usage: verify_log.sh CHECKPOINT KEY
#        verify_log.sh PROOF KEY ENTRY
#
# PROOF is a .tlog-proof file, ENTRY holds the bytes of the entry, KEY is the log's Ed25519 key as name+id+base64.
#
# Exit 0: verified. Exit 1: FAILED, this is not what the key signed. Exit 2: called wrongly. Exit 5: cannot check, because
# a tool is missing or does not do what it should, or because the file holds no signature of this key. Signatures of
# other keys are named as not checked. Before it judges, it verifies a published note and a published tree, and changed
# copies of both that must fail.
#
# Source: C2SP signed-note, tlog-checkpoint, tlog-proof; RFC 9162 section 2.1.3.2. SPKI prefix of Ed25519: RFC 8410.

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

if [ $# -ne 2 ] && [ $# -ne 3 ]; then
    printf 'usage: verify_log.sh CHECKPOINT KEY | verify_log.sh PROOF KEY ENTRY\n' >&2
    exit 2
fi

for tool in openssl od awk sed tail tr wc cat mktemp mv; do
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

# is_number TEXT: decimal, no leading zero, and small enough for the arithmetic of every shell.
is_number() {
    case $1 in
    '' | *[!0-9]* | 0?* | ???????????????????*) return 1 ;;
    esac
}

# node LEFT RIGHT FILE: writes the hash of an inner node.
node() {
    { printf '\001' && cat "$1" "$2"; } | openssl dgst -sha256 -binary >"$3.new" && mv "$3.new" "$3"
}

# included ENTRY INDEX SIZE ROOT HASHES: whether the entry stands there; HASHES has one of them a line, leaf to root.
included() {
    is_number "$2" && is_number "$3" && [ "$2" -lt "$3" ] || return 1
    place=$2
    last=$(($3 - 1))
    { printf '\000' && cat "$1"; } | openssl dgst -sha256 -binary >"$work/result" || return 1
    while IFS= read -r line; do
        decode "$line" "$work/sibling" && [ "$(wc -c <"$work/sibling" | tr -d ' ')" = 32 ] || return 1
        [ "$last" -ne 0 ] || return 1
        if [ $((place % 2)) -eq 1 ] || [ "$place" -eq "$last" ]; then
            node "$work/sibling" "$work/result" "$work/result" || return 1
            while [ $((place % 2)) -eq 0 ] && [ "$place" -ne 0 ]; do
                place=$((place / 2))
                last=$((last / 2))
            done
        else
            node "$work/result" "$work/sibling" "$work/result" || return 1
        fi
        place=$((place / 2))
        last=$((last / 2))
    done <"$5"
    [ "$last" -eq 0 ] && [ "$(hex "$work/result")" = "$(hex "$4")" ]
}

# divide PROOF: sets index, writes hashes and checkpoint, divided at the first empty line; 1 if the file is no proof.
divide() {
    [ "$(tr -d '\012\040-\377' <"$1" | wc -c | tr -d ' ')" = 0 ] || return 1
    divide_at=$(awk '$0 == "" { print NR; exit }' "$1")
    [ "${divide_at:-0}" -gt 2 ] && [ "$(sed -n 1p "$1")" = c2sp.org/tlog-proof@v1 ] || return 1
    sed -n "2,$((divide_at - 1))p" "$1" | sed '1{/^extra /d;}' >"$work/head" # signed by nobody
    index=$(sed -n '1s/^index //p' "$work/head")
    sed 1d "$work/head" >"$work/hashes"
    sed "1,${divide_at}d" "$1" >"$work/checkpoint"
    is_number "$index"
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

# (2) Self-test: in a published tree of three entries, the single byte 0 stands at place 1 and not at place 0.
printf '\000' >"$work/byte"
printf '%s\n' bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0= ApjRIpBtz8EIkstTpzmS/FufST6kybrbJ7eRtBJ6f+c= >"$work/path"
decode rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc= "$work/three" || cannot "openssl does not read base64"
included "$work/byte" 1 3 "$work/three" "$work/path" || cannot "openssl does not verify a published tree"
if included "$work/byte" 0 3 "$work/three" "$work/path"; then
    cannot "openssl verifies a false place in a tree"
fi

# (3) The signature; of a proof file, that of the checkpoint in it.
for file in "$1" "${3:-$1}"; do
    [ -r "$file" ] && [ -f "$file" ] || cannot "$file cannot be read"
done
if [ $# -eq 3 ]; then
    divide "$1" || failed "it is no proof file"
else
    cat "$1" >"$work/checkpoint"
fi
verify "$work/checkpoint" "$2"
case $? in
0) ;;
3) cannot "no signature of this key" ;;
4) cannot "the key is not an Ed25519 key of the form name+id+base64" ;;
*) failed "the signature does not verify" ;;
esac

# (4) The checkpoint's form: origin, size, root, and nothing else.
origin=$(sed -n 1p "$work/text")
size=$(sed -n 2p "$work/text")
root=$(sed -n 3p "$work/text")
[ "$(wc -l <"$work/text" | tr -d ' ')" = 3 ] || failed "the text has not three lines"
[ "$origin" = "$key_name" ] || failed "the origin is not the name of the key"
is_number "$size" || failed "the size is not a decimal number"
decode "$root" "$work/root" || failed "the root is not base64"
[ "$(wc -c <"$work/root" | tr -d ' ')" = 32 ] || failed "the root has not 32 bytes"

# (5) The entry's place.
if [ $# -eq 3 ]; then
    included "$3" "$index" "$size" "$work/root" "$work/hashes" || failed "the entry is not in the log at $index"
    printf 'verified: entry %s of %s in %s\n' "$index" "$size" "$origin"
else
    printf 'verified: %s, %s entries, root %s\n' "$origin" "$size" "$(hex "$work/root")"
fi

# (6) What was left out. OpenSSL 3.0 to 3.4 know no ML-DSA; its line is told by its length of 3244 characters.
others=$(awk 'length($NF) == 3244' "$work/lines" | wc -l | tr -d ' ')
[ "$others" = 0 ] || printf 'not checked: %s signature of ML-DSA-44\n' "$others"
