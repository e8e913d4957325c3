//go:build go1.27

package main

import "crypto/mldsa"

// mldsaChecker returns what verifies signatures of an ML-DSA-44 key.
func mldsaChecker(public []byte) (func(message, signature []byte) bool, error) {
	key, err := mldsa.NewPublicKey(mldsa.MLDSA44(), public)
	if err != nil {
		return nil, err
	}
	return func(message, signature []byte) bool { return mldsa.Verify(key, message, signature, nil) == nil }, nil
}
