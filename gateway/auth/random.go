package auth

import "crypto/rand"

// passwordAlphabet leaves out what is misread on paper: 0 O o, 1 I i l.
const passwordAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"

// RandomPassword returns n letters and digits from crypto/rand, 5.78 bits each, none easily misread.
// It returns "" for n below 1.
func RandomPassword(n int) string {
	// Bytes from limit on are dropped; taking them too would favour the first letters.
	const limit = 256 - 256%len(passwordAlphabet)
	out := make([]byte, 0, max(n, 0))
	var block [64]byte
	for len(out) < n {
		rand.Read(block[:]) // never fails: it ends the process instead
		for _, b := range block {
			if int(b) < limit && len(out) < n {
				out = append(out, passwordAlphabet[int(b)%len(passwordAlphabet)])
			}
		}
	}
	return string(out)
}
