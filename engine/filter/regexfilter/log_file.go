package regexfilter

import (
	"io"
	"sync"
	"time"
)

// logFile is the file that all sessions of a filter write to.
type logFile struct {
	mu     sync.Mutex // guards what follows
	file   io.WriteCloser
	failed bool
}

// write writes a line. It returns the first of several errors in a row.
func (l *logFile) write(line string) error {
	line = time.Now().Format("2006-01-02 15:04:05.000 ") + line + "\n"
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := io.WriteString(l.file, line)
	again := l.failed
	l.failed = err != nil
	if again {
		return nil
	}
	return err
}
