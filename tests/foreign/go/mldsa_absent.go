//go:build !go1.27

package main

import "errors"

// mldsaChecker says that this Go cannot check such a key; its lines are then of no known key, and are ignored.
func mldsaChecker([]byte) (func(message, signature []byte) bool, error) {
	return nil, errors.New("ML-DSA-44 is checked by Go 1.27 or newer: build with that, or name the Ed25519 key alone")
}
