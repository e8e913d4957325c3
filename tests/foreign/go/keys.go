package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Types of keys in C2SP signed-note; x/mod itself knows the first.
const (
	ed25519Type = 0x01
	mldsaType   = 0x06
)

// parseKeys reads keys of the form name+id+base64, each of the type Ed25519 or ML-DSA-44.
func parseKeys(texts []string) ([]note.Verifier, error) {
	keys := make([]note.Verifier, 0, len(texts))
	for _, text := range texts {
		key, err := parseKey(text)
		if err != nil {
			return nil, fmt.Errorf("the key %.40q cannot be read: %w", text, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func parseKey(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3) // the base64 part holds plus signs too
	if len(parts) != 3 {
		return nil, errors.New("it has not three parts")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(data) < 2 {
		return nil, errors.New("its last part is not base64")
	}
	if data[0] == ed25519Type {
		return note.NewVerifier(text)
	}
	if data[0] != mldsaType {
		return nil, fmt.Errorf("its type is %#02x", data[0])
	}
	id := sha256.Sum256(append([]byte(parts[0]+"\n"), data...))
	if parts[0] == "" || hex.EncodeToString(id[:4]) != parts[1] {
		return nil, errors.New("its id is of another key")
	}
	check, err := mldsaChecker(data[1:])
	if err != nil {
		return nil, err
	}
	return cosigner{name: parts[0], id: binary.BigEndian.Uint32(id[:4]), check: check}, nil
}

// cosigner verifies the cosignatures of C2SP tlog-cosignature, type 0x06.
type cosigner struct {
	name  string
	id    uint32
	check func(message, signature []byte) bool
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.id }

// Verify reports whether signature is a time and this key's signature over that time and the checkpoint in text.
func (c cosigner) Verify(text, signature []byte) bool {
	tree, err := parseCheckpoint(string(text))
	if err != nil || len(signature) < 8 || binary.BigEndian.Uint64(signature) > math.MaxInt64 ||
		len(c.name) > math.MaxUint8 || len(tree.Origin) > math.MaxUint8 {
		return false
	}
	var message bytes.Buffer
	message.WriteString("subtree/v1\n\x00")
	message.WriteByte(byte(len(c.name)))
	message.WriteString(c.name)
	message.Write(signature[:8])
	message.WriteByte(byte(len(tree.Origin)))
	message.WriteString(tree.Origin)
	message.Write(make([]byte, 8)) // the range begins at entry 0
	message.Write(binary.BigEndian.AppendUint64(nil, uint64(tree.N)))
	message.Write(tree.Hash[:])
	return c.check(message.Bytes(), signature[8:])
}
