// Compress writes FILE.br and FILE.gz beside a file that the administration
// server delivers, so that nothing has to be compressed while it runs and no
// tool has to be installed to build it. It does nothing when both are there
// and FILE has not changed since; app.version beside it remembers.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

func main() {
	quality := flag.Int("quality", 11, "brotli `quality`, 0 to 11")
	flag.Parse()
	if err := run(flag.Arg(0), *quality); err != nil {
		fmt.Fprintln(os.Stderr, "compress:", err)
		os.Exit(1)
	}
}

func run(path string, quality int) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	version := version{hex.EncodeToString(sum[:]), quality}
	versionFile := strings.TrimSuffix(path, filepath.Ext(path)) + ".version"
	if version.done(path, versionFile) {
		fmt.Printf("%s has not changed\n", path)
		return nil
	}
	_ = os.Remove(versionFile) // until both files are there again
	var wg sync.WaitGroup
	errs := make([]error, 2)
	wg.Go(func() {
		errs[0] = compress(path+".br", text, func(w io.Writer) io.WriteCloser {
			return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: quality, LGWin: 24})
		})
	})
	wg.Go(func() {
		errs[1] = compress(path+".gz", text, func(w io.Writer) io.WriteCloser {
			z, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // the level is valid
			return z
		})
	})
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return os.WriteFile(versionFile, fmt.Appendf(nil, "%s %d\n", version.sum, version.quality), 0o644)
}

// version says what was compressed, and how well.
type version struct {
	sum     string // of the file
	quality int
}

// done says whether the compressed files belong to the file and are good
// enough.
func (v version) done(path, versionFile string) bool {
	for _, f := range []string{path + ".br", path + ".gz"} {
		if _, err := os.Stat(f); err != nil {
			return false
		}
	}
	text, err := os.ReadFile(versionFile)
	if err != nil {
		return false
	}
	var old version
	_, err = fmt.Sscan(string(text), &old.sum, &old.quality)
	return err == nil && old.sum == v.sum && old.quality >= v.quality
}

func compress(path string, text []byte, to func(io.Writer) io.WriteCloser) error {
	began := time.Now()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := to(f)
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	fmt.Printf("%s  %d bytes of %d, %.1f s\n", path, size, len(text), time.Since(began).Seconds())
	return f.Close()
}
