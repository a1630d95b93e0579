// Go's half of the matrix: github.com/gofrs/flock (mode "gofrs") and os.O_EXCL (mode "excl"), driven
// by lines on the input: "hold PATH", "release PATH", "take PATH".
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/gofrs/flock"
)

// holder takes a lock and returns what releases it; nil if somebody else holds it.
type holder func(path string) (func() error, error)

func gofrs(path string) (func() error, error) {
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err != nil || !locked {
		return nil, err
	}
	return lock.Unlock, nil
}

func excl(path string) (func() error, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return func() error {
		if err := os.Remove(path); err != nil {
			return err
		}
		return file.Close()
	}, nil
}

type session struct {
	acquire holder
	held    map[string]func() error
}

func (s session) answer(verb, path string) (string, error) {
	if verb == "release" {
		release := s.held[path]
		delete(s.held, path)
		if release == nil {
			return "", fmt.Errorf("%s is not held", path)
		}
		return "released", release()
	}
	release, err := s.acquire(path)
	if err != nil {
		return "", err
	}
	if release == nil {
		return "refused", nil
	}
	if verb == "take" {
		return "acquired", release()
	}
	s.held[path] = release
	return "acquired", nil
}

func main() {
	modes := map[string]holder{"gofrs": gofrs, "excl": excl}
	if len(os.Args) != 2 || modes[os.Args[1]] == nil {
		fmt.Println("gofrs/flock 0.8.1, " + runtime.Version())
		return
	}
	s := session{modes[os.Args[1]], map[string]func() error{}}
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		verb, path, _ := strings.Cut(lines.Text(), " ")
		said, err := s.answer(verb, path)
		if err != nil {
			said = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(said)
	}
}
