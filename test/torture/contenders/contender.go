// The critical section of arena.mjs in Go, under flock or an exclusively created file.
// Arguments: directory, id, seed, one of flock, create.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

var dir, id, how = os.Args[1], os.Args[2], os.Args[4]
var path = filepath.Join(dir, "updates.lock")
var journal = open(filepath.Join(dir, "log"), os.O_WRONLY|os.O_APPEND)
var counter = open(filepath.Join(dir, "counter"), os.O_RDWR)
var chance = func() func() float64 {
	seed, err := strconv.ParseInt(os.Args[3], 10, 64)
	check(err)
	return rand.New(rand.NewSource(seed)).Float64
}()

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func open(name string, flags int) *os.File {
	file, err := os.OpenFile(name, flags, 0o666)
	check(err)
	return file
}

func pause(ms float64) { time.Sleep(time.Duration(ms * float64(time.Millisecond))) }

// The clock that all contenders go by, which package time does not show.
func monotonic() int64 {
	var now syscall.Timespec
	const clockMonotonic = 1
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}

func say(verb, rest string) {
	_, err := fmt.Fprintf(journal, "%s %s %d %d%s\n", verb, id, os.Getpid(), monotonic(), rest)
	check(err)
}

func section(facts string) {
	say("enter", facts)
	digits := make([]byte, 12)
	_, err := counter.ReadAt(digits, 0)
	check(err)
	count, err := strconv.ParseInt(string(digits), 10, 64)
	check(err)
	if lingers := chance(); lingers < 0.01 {
		pause(chance() * 30)
	} else if lingers < 0.1 {
		pause(chance() * 2)
	}
	_, err = counter.WriteAt([]byte(fmt.Sprintf("%012d", count+1)), 0)
	check(err)
	say("leave", fmt.Sprintf(" %d", count))
}

// The inode of a locked file, and whether the path names another one or none.
func facts(locked *os.File) string {
	var ours, named syscall.Stat_t
	check(syscall.Fstat(int(locked.Fd()), &ours))
	if err := syscall.Stat(path, &named); err != nil || named.Ino != ours.Ino {
		return fmt.Sprintf(" %d astray", ours.Ino)
	}
	return fmt.Sprintf(" %d", ours.Ino)
}

func flocked() {
	file := open(path, os.O_RDWR|os.O_CREATE)
	var err error = syscall.EINTR // the runtime's own signals interrupt it
	for errors.Is(err, syscall.EINTR) {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
	}
	check(err)
	section(facts(file))
	check(file.Close())
}

func created() {
	for {
		file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			check(file.Close())
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			check(err)
		}
		pause(1 + chance()*4)
	}
	section("")
	check(os.Remove(path))
}

func main() {
	for {
		say("want", "")
		if how == "flock" {
			flocked()
		} else {
			created()
		}
		pause(chance() * 4)
	}
}
