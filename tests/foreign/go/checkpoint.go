package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// head is the tree that a checkpoint commits to.
type head struct {
	tlog.Tree
	Origin string
}

// openCheckpoint returns the tree of a signed note; every one of keys must have signed it.
func openCheckpoint(data []byte, keys []note.Verifier) (head, error) {
	opened, err := note.Open(data, note.VerifierList(keys...))
	if err != nil {
		return head{}, fmt.Errorf("checkpoint: %w", err)
	}
	for _, key := range keys {
		if !signed(opened, key) {
			return head{}, fmt.Errorf("checkpoint: no signature of the key %s+%08x", key.Name(), key.KeyHash())
		}
	}
	tree, err := parseCheckpoint(opened.Text)
	if err == nil && tree.Origin != keys[0].Name() {
		err = errors.New("checkpoint: it is of another log than the key")
	}
	return tree, err
}

func signed(opened *note.Note, key note.Verifier) bool {
	for _, signature := range opened.Sigs {
		if signature.Name == key.Name() && signature.Hash == key.KeyHash() {
			return true
		}
	}
	return false
}

// parseCheckpoint reads origin, size and root; the text holds nothing else.
func parseCheckpoint(text string) (head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] == "" || lines[3] != "" {
		return head{}, errors.New("checkpoint: it has not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return head{}, errors.New("checkpoint: the size is not a number")
	}
	hash, err := tlog.ParseHash(lines[2])
	if err != nil {
		return head{}, fmt.Errorf("checkpoint: %w", err)
	}
	return head{Tree: tlog.Tree{N: size, Hash: hash}, Origin: lines[0]}, nil
}
