// Command verifylog checks a log directory with golang.org/x/mod alone: the signed checkpoint, the inclusion of an
// entry, and the consistency of an earlier checkpoint.
//
// Usage: verifylog DIRECTORY VKEY INDEX [EARLIER-CHECKPOINT]
//
// It prints one line and exits 0 when everything verifies, 1 when something does not, 2 when it was called wrongly.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// directory reads tiles from files; it is the tlog.TileReader of a log directory.
type directory struct {
	path string
	size int64
}

func (d directory) Height() int { return height }

// ReadTiles reads each tile, falling back from a partial file to the full one that replaced it.
func (d directory) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := strings.TrimPrefix(tile.Path(), "tile/8/")
		read, err := os.ReadFile(filepath.Join(d.path, "tile", path))
		if errors.Is(err, fs.ErrNotExist) && tile.W < 1<<height {
			full := tile
			full.W = 1 << height
			read, err = os.ReadFile(filepath.Join(d.path, "tile", strings.TrimPrefix(full.Path(), "tile/8/")))
		}
		if err != nil {
			return nil, err
		}
		if len(read) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is cut short", path)
		}
		data[i] = read[:tile.W*tlog.HashSize]
	}
	return data, nil
}

func (d directory) SaveTiles([]tlog.Tile, [][]byte) {}

// checkpoint returns the tree that a signed note commits to.
func checkpoint(data []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tlog.Tree{}, errors.New("the note is no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

// entry returns the bytes of an entry from its bundle.
func entry(path string, size, index int64) ([]byte, error) {
	number := index >> height
	tile := tlog.Tile{H: height, L: -1, N: number, W: int(min(1<<height, size-number<<height))}
	name := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(path, name))
	if errors.Is(err, fs.ErrNotExist) {
		data, err = os.ReadFile(filepath.Join(path, strings.Split(name, ".p/")[0]))
	}
	if err != nil {
		return nil, err
	}
	reader := bytes.NewReader(data)
	for i := number << height; ; i++ {
		var length uint16
		if err := binary.Read(reader, binary.BigEndian, &length); err != nil {
			return nil, err
		}
		record := make([]byte, length)
		if n, _ := reader.Read(record); n != int(length) {
			return nil, errors.New("the bundle is cut short")
		}
		if i == index {
			return record, nil
		}
	}
}

// verify checks everything and returns the size of the tree.
func verify(path, vkey string, index int64, earlier string) (int64, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return 0, err
	}
	data, err := os.ReadFile(filepath.Join(path, "checkpoint"))
	if err != nil {
		return 0, err
	}
	tree, err := checkpoint(data, verifier)
	if err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	hashes := tlog.TileHashReader(tree, directory{path, tree.N})
	if err := included(path, tree, hashes, index); err != nil {
		return 0, fmt.Errorf("inclusion: %w", err)
	}
	if earlier != "" {
		if err := consistent(earlier, verifier, tree, hashes); err != nil {
			return 0, fmt.Errorf("consistency: %w", err)
		}
	}
	return tree.N, nil
}

func included(path string, tree tlog.Tree, hashes tlog.HashReader, index int64) error {
	record, err := entry(path, tree.N, index)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(record))
}

func consistent(earlier string, verifier note.Verifier, tree tlog.Tree, hashes tlog.HashReader) error {
	data, err := os.ReadFile(earlier)
	if err != nil {
		return err
	}
	old, err := checkpoint(data, verifier)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

func main() {
	if len(os.Args) != 4 && len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: verifylog DIRECTORY VKEY INDEX [EARLIER-CHECKPOINT]")
		os.Exit(2)
	}
	index, err := strconv.ParseInt(os.Args[3], 10, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	earlier := ""
	if len(os.Args) == 5 {
		earlier = os.Args[4]
	}
	size, err := verify(os.Args[1], os.Args[2], index, earlier)
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
	fmt.Printf("verified: entry %d of %d\n", index, size)
}
