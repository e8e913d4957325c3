package main

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// verifyProof checks a C2SP tlog-proof file for an entry and returns the tree and the entry's place in it.
func verifyProof(data, entry []byte, keys []note.Verifier) (head, int64, error) {
	before, checkpoint, found := strings.Cut(string(data), "\n\n") // at the first empty line
	lines := strings.Split(before, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return head{}, 0, errors.New("it is no proof file")
	}
	lines = lines[1:]
	if strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:] // signed by nobody
	}
	if len(lines) == 0 {
		return head{}, 0, errors.New("it names no index")
	}
	text, found := strings.CutPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(text, 10, 64)
	if !found || err != nil || strconv.FormatInt(index, 10) != text {
		return head{}, 0, errors.New("the index is not a number")
	}
	proof := make(tlog.RecordProof, 0, len(lines)-1)
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return head{}, 0, err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint([]byte(checkpoint), keys)
	if err != nil {
		return head{}, 0, err
	}
	return tree, index, tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}
