package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// aCase is something to verify; JSON carries bytes as base64.
type aCase struct {
	Kind       string
	Keys       []string
	Checkpoint []byte             // kinds checkpoint and consistency
	Old        []byte             // kind consistency: the earlier checkpoint
	Hashes     [][]byte           // kind consistency
	Proof      []byte             // kind proof: the file
	Entry      []byte             // kind proof
	Directory  string             // kind log
	Changed    map[string]*[]byte // kind log: files that are different, or absent
}

// runCases answers each case with one line: ok and what was verified, or no and why it was refused.
func runCases(input io.Reader, output io.Writer) {
	writer := bufio.NewWriter(output)
	defer writer.Flush()
	decoder := json.NewDecoder(bufio.NewReader(input))
	for {
		var given aCase
		if err := decoder.Decode(&given); err == io.EOF {
			return
		} else if err != nil {
			panic(err) // whoever asks has not kept to the form; no verdict is better than a wrong one
		}
		statement, err := given.verify()
		if err != nil {
			fmt.Fprintf(writer, "no %q\n", err.Error())
		} else {
			fmt.Fprintf(writer, "ok %s\n", statement)
		}
	}
}

// verify returns what a case shows.
func (c aCase) verify() (string, error) {
	keys, err := parseKeys(c.Keys)
	if err != nil {
		return "", err
	}
	switch c.Kind {
	case "checkpoint":
		tree, err := openCheckpoint(c.Checkpoint, keys)
		return describe(tree), err
	case "proof":
		tree, index, err := verifyProof(c.Proof, c.Entry, keys)
		leaf := tlog.RecordHash(c.Entry)
		return fmt.Sprintf("%s %d %x", describe(tree), index, leaf[:]), err
	case "consistency":
		return c.verifyConsistency(keys)
	default:
		log := files{directory: c.Directory, changed: c.Changed}
		tree, err := log.checkpoint(keys)
		if err == nil {
			err = log.verifyAll(tree)
		}
		return describe(tree), err
	}
}

func (c aCase) verifyConsistency(keys []note.Verifier) (string, error) {
	old, err := openCheckpoint(c.Old, keys)
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(c.Checkpoint, keys)
	if err != nil {
		return "", err
	}
	proof := make(tlog.TreeProof, len(c.Hashes))
	for i, hash := range c.Hashes {
		if len(hash) != tlog.HashSize {
			return "", fmt.Errorf("a hash has %d bytes", len(hash))
		}
		proof[i] = tlog.Hash(hash)
	}
	return describe(old) + " " + describe(tree), tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

func describe(tree head) string {
	return fmt.Sprintf("%s %d %x", tree.Origin, tree.N, tree.Hash[:])
}
