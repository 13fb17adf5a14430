//go:build unix

package wire

import "syscall"

// readFD reads once, whatever signals come.
func readFD(fd uintptr, b []byte) (int, error) {
	for {
		n, err := sysRead(fd, b)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}

// writeFD writes until all is written or the socket takes no more.
func writeFD(fd uintptr, b []byte) (written int, err error) {
	for written < len(b) {
		n, err := sysWrite(fd, b[written:])
		written += max(n, 0)
		if err != nil && err != syscall.EINTR {
			return written, err
		}
	}
	return written, nil
}
