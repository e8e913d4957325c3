package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// files are those of a log directory; instead of a file named in changed, its other content is read, or none.
type files struct {
	directory string
	changed   map[string]*[]byte
}

func (f files) read(name string) ([]byte, error) {
	if content, ok := f.changed[name]; ok {
		if content == nil {
			return nil, fs.ErrNotExist
		}
		return *content, nil
	}
	return os.ReadFile(filepath.Join(f.directory, name))
}

func (f files) checkpoint(keys []note.Verifier) (head, error) {
	data, err := f.read("checkpoint")
	if err != nil {
		return head{}, err
	}
	return openCheckpoint(data, keys)
}

// path returns where C2SP tlog-tiles keeps a tile; x/mod has the height and the word data in its paths.
func path(tile tlog.Tile) string {
	name := strings.TrimPrefix(tile.Path(), "tile/8/")
	if tile.L == -1 {
		return "tile/entries/" + strings.TrimPrefix(name, "data/")
	}
	return "tile/" + name
}

// readTile reads the file of a tile, or the full one that replaced a partial one.
func (f files) readTile(tile tlog.Tile) ([]byte, error) {
	data, err := f.read(path(tile))
	if errors.Is(err, fs.ErrNotExist) && tile.W < 1<<height {
		tile.W = 1 << height
		data, err = f.read(path(tile))
	}
	return data, err
}

func (f files) Height() int { return height }

// ReadTiles makes files a tlog.TileReader.
func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		read, err := f.readTile(tile)
		if err != nil {
			return nil, err
		}
		if len(read)%tlog.HashSize != 0 || len(read) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has not the length of a tile", path(tile))
		}
		data[i] = read[:tile.W*tlog.HashSize]
	}
	return data, nil
}

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

// bundle returns the entries of a bundle: each behind its length in two bytes.
func (f files) bundle(number, size int64) ([][]byte, error) {
	width := int(min(1<<height, size-number<<height))
	data, err := f.readTile(tlog.Tile{H: height, L: -1, N: number, W: width})
	if err != nil {
		return nil, err
	}
	entries := make([][]byte, 0, width)
	for len(data) > 0 && len(entries) < 1<<height {
		if len(data) < 2 || len(data)-2 < int(data[0])<<8+int(data[1]) {
			return nil, errors.New("a bundle is cut short")
		}
		length := int(data[0])<<8 + int(data[1])
		entries, data = append(entries, data[2:2+length]), data[2+length:]
	}
	if len(data) > 0 || len(entries) != width && len(entries) != 1<<height {
		return nil, fmt.Errorf("a bundle has not %d entries", width)
	}
	return entries[:width], nil
}

// verifyEntry returns the bytes of an entry after its inclusion was shown.
func (f files) verifyEntry(tree head, index int64) ([]byte, error) {
	if index < 0 || index >= tree.N {
		return nil, fmt.Errorf("there is no entry %d in a log of %d", index, tree.N)
	}
	entries, err := f.bundle(index>>height, tree.N)
	if err != nil {
		return nil, err
	}
	entry := entries[index&(1<<height-1)]
	proof, err := tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree.Tree, f))
	if err != nil {
		return nil, fmt.Errorf("inclusion: %w", err)
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return nil, fmt.Errorf("inclusion: %w", err)
	}
	return entry, nil
}

// verifyGrown shows that the old tree is the beginning of the new one.
func (f files) verifyGrown(old, tree head) error {
	if old.N == 0 || old.N > tree.N {
		return fmt.Errorf("consistency: %d entries are no beginning of %d", old.N, tree.N)
	}
	proof, err := tlog.ProveTree(tree.N, old.N, tlog.TileHashReader(tree.Tree, f))
	if err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	return nil
}

// stored are the hashes of a tree in the order in which x/mod numbers them.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = s[index]
	}
	return hashes, nil
}

// verifyAll rebuilds the tree from the entries alone and compares root and tiles with it.
func (f files) verifyAll(tree head) error {
	var hashes stored
	for number := int64(0); number<<height < tree.N; number++ {
		entries, err := f.bundle(number, tree.N)
		if err != nil {
			return err
		}
		for i, entry := range entries {
			more, err := tlog.StoredHashes(number<<height+int64(i), entry, hashes)
			if err != nil {
				return err
			}
			hashes = append(hashes, more...)
		}
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("the entries are not those of the checkpoint")
	}
	return f.compareTiles(tree, hashes)
}

func (f files) compareTiles(tree head, hashes stored) error {
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		expected, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		data, err := f.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return err
		}
		if !bytes.Equal(data[0], expected) {
			return fmt.Errorf("%s does not follow from the entries", path(tile))
		}
	}
	return nil
}
