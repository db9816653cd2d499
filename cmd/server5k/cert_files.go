package main

import (
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// publicMode is of files that hold no key; their directory is closed all the same.
const publicMode = 0o644

// tlsFiles are all that "cert" makes.
var tlsFiles = []string{caCertFile, caKeyFile, certFile, keyFile}

// errNoAuthority: there are no files of "cert" yet.
var errNoAuthority = errors.New("no authority")

// openAuthority reads the authority in dir; errNoAuthority if there is nothing at
// all that a new one would replace.
func openAuthority(dir string) (*authority, error) {
	if !anyExists(dir) {
		return nil, errNoAuthority
	}
	text, err := os.ReadFile(filepath.Join(dir, caCertFile))
	if err != nil {
		return nil, err
	}
	cert, err := parseCert(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", caCertFile, err)
	}
	if text, err = os.ReadFile(filepath.Join(dir, caKeyFile)); err != nil {
		return nil, err
	}
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", caKeyFile, err)
	}
	if !cert.IsCA || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("%s no es la clave de %s", caKeyFile, caCertFile)
	}
	return &authority{cert, key}, nil
}

func anyExists(dir string) bool {
	for _, name := range tlsFiles {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// serverKey reads the key of the server in dir, or makes one where there is none
// of use; fresh says which.
func serverKey(dir string) (key *ecdsa.PrivateKey, fresh bool, err error) {
	if text, err := os.ReadFile(filepath.Join(dir, keyFile)); err == nil {
		if key, err := parseKey(text); err == nil {
			return key, false, nil
		}
	}
	key, err = newKey()
	return key, true, err
}

// replaceLeaf puts another certificate of the server into dir. Its key stays as it
// is unless there is none, so that the exchange is that of one file.
func replaceLeaf(dir string, a *authority, leaf *x509.Certificate, key *ecdsa.PrivateKey, fresh bool) error {
	if fresh {
		text, err := keyPEM(key)
		if err != nil {
			return err
		}
		if err := replace(filepath.Join(dir, keyFile), text, 0o600); err != nil {
			return err
		}
	}
	return replace(filepath.Join(dir, certFile), certPEM(leaf, a.cert), publicMode)
}

// writeAll makes dir with all files in it, in place of one that is there: it is
// written beside it and renamed once it is whole.
func writeAll(dir string, a *authority, leaf *x509.Certificate, key *ecdsa.PrivateKey) (err error) {
	caKey, err := keyPEM(a.key)
	if err != nil {
		return err
	}
	leafKey, err := keyPEM(key)
	if err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), tlsDir+".*.parcial") // 0700
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, discard(fresh))
		}
	}()
	for _, f := range []struct {
		name string
		text []byte
		mode fs.FileMode
	}{
		{caKeyFile, caKey, 0o600},
		{keyFile, leafKey, 0o600},
		{caCertFile, certPEM(a.cert), publicMode},
		{certFile, certPEM(leaf, a.cert), publicMode},
	} {
		if err := replace(filepath.Join(fresh, f.name), f.text, f.mode); err != nil {
			return err
		}
	}
	old := fresh + ".anterior"
	err = os.Rename(dir, old)
	moved := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		if moved {
			err = errors.Join(err, os.Rename(old, dir))
		}
		return err
	}
	if err := syncDir(filepath.Dir(dir)); err != nil {
		return err
	}
	if !moved {
		return nil
	}
	if err := discard(old); err != nil {
		return fmt.Errorf("los nuevos ya están en %s, pero en %s queda algo de antes: %w", dir, old, err)
	}
	return nil
}

// discard removes a directory of these files. One that holds something else too is
// left with that.
func discard(dir string) error {
	for _, name := range tlsFiles {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.Remove(dir)
}

// replace writes a file under another name and renames it once it is on disk.
func replace(path string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.parcial") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(path))
}
