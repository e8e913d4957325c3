// Command verifylog checks a log with Go alone: golang.org/x/mod for notes, trees and tiles, crypto/mldsa for the
// signatures that a quantum computer does not break.
//
// Usage:
//
//	verifylog checkpoint FILE KEY...           the signatures of a checkpoint
//	verifylog log DIRECTORY KEY...             every entry and every tile of a log
//	verifylog entry DIRECTORY INDEX KEY...     one entry and its place; writes the entry to standard output
//	verifylog grown EARLIER DIRECTORY KEY...   that a log only grew since an earlier checkpoint
//	verifylog proof FILE ENTRY KEY...          a .tlog-proof file for an entry
//	verifylog cases                            one JSON object a line on standard input, one verdict a line
//
// Every key that is named must have signed. It exits 0 when everything verifies, 1 when something does not, 2 when it
// was called wrongly.
package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/mod/sumdb/note"
)

const usage = "usage: verifylog checkpoint FILE KEY... | log DIRECTORY KEY... | entry DIRECTORY INDEX KEY... |" +
	" grown EARLIER DIRECTORY KEY... | proof FILE ENTRY KEY... | cases"

// arguments is how many arguments each verb has before the keys.
var arguments = map[string]int{"checkpoint": 1, "log": 1, "entry": 2, "grown": 2, "proof": 2}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "cases" {
		runCases(os.Stdin, os.Stdout)
		return
	}
	if len(os.Args) < 2 || arguments[os.Args[1]] == 0 || len(os.Args) < 3+arguments[os.Args[1]] {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	split := 2 + arguments[os.Args[1]]
	keys, err := parseKeys(os.Args[split:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:split], keys); err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
}

func run(verb string, arguments []string, keys []note.Verifier) error {
	switch verb {
	case "checkpoint":
		return printCheckpoint(arguments[0], keys)
	case "log":
		return printLog(arguments[0], keys)
	case "entry":
		return printEntry(arguments[0], arguments[1], keys)
	case "grown":
		return printGrown(arguments[0], arguments[1], keys)
	default:
		return printProof(arguments[0], arguments[1], keys)
	}
}

func printCheckpoint(path string, keys []note.Verifier) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(data, keys)
	if err != nil {
		return err
	}
	fmt.Printf("verified: %s, %d entries, root %x\n", tree.Origin, tree.N, tree.Hash[:])
	return nil
}

func printLog(path string, keys []note.Verifier) error {
	log := files{directory: path}
	tree, err := log.checkpoint(keys)
	if err != nil {
		return err
	}
	if err := log.verifyAll(tree); err != nil {
		return err
	}
	fmt.Printf("verified: %s, all %d entries and their tiles\n", tree.Origin, tree.N)
	return nil
}

func printEntry(path, index string, keys []note.Verifier) error {
	number, err := strconv.ParseInt(index, 10, 64)
	if err != nil {
		return err
	}
	log := files{directory: path}
	tree, err := log.checkpoint(keys)
	if err != nil {
		return err
	}
	entry, err := log.verifyEntry(tree, number)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "verified: entry %d of %d\n", number, tree.N)
	_, err = os.Stdout.Write(entry)
	return err
}

func printGrown(earlier, path string, keys []note.Verifier) error {
	data, err := os.ReadFile(earlier)
	if err != nil {
		return err
	}
	old, err := openCheckpoint(data, keys)
	if err != nil {
		return fmt.Errorf("the earlier checkpoint: %w", err)
	}
	log := files{directory: path}
	tree, err := log.checkpoint(keys)
	if err != nil {
		return err
	}
	if err := log.verifyGrown(old, tree); err != nil {
		return err
	}
	fmt.Printf("verified: the %d entries of the earlier checkpoint are the first of %d\n", old.N, tree.N)
	return nil
}

func printProof(path, entry string, keys []note.Verifier) error {
	proof, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	record, err := os.ReadFile(entry)
	if err != nil {
		return err
	}
	tree, index, err := verifyProof(proof, record, keys)
	if err != nil {
		return err
	}
	fmt.Printf("verified: entry %d of %d in %s\n", index, tree.N, tree.Origin)
	return nil
}
