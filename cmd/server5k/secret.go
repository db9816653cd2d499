package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secretKey returns the key that signs tokens: the option, or else a random one
// that is made once, kept in DATA_DIR/secret_key and readable by its owner only.
func (c *Config) secretKey() (string, error) {
	if c.SecretKey != "" {
		return c.SecretKey, nil
	}
	if err := c.makeDataDir(); err != nil {
		return "", err
	}
	path := filepath.Join(c.DataDir, "secret_key")
	var raw [32]byte
	rand.Read(raw[:]) // never fails: it ends the process instead
	fresh := hex.EncodeToString(raw[:])
	err := writeNew(path, []byte(fresh+"\n"))
	if err == nil {
		return fresh, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("guardar la clave: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("leer la clave: %w", err)
	}
	key := strings.TrimSpace(string(text))
	if len(key) < minSecretBytes {
		return "", fmt.Errorf("%s está incompleto; bórrelo para crear otra clave", path)
	}
	return key, nil
}
