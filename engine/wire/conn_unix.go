//go:build unix && !linux

package wire

import "syscall"

func sysRead(fd uintptr, b []byte) (int, error)  { return syscall.Read(int(fd), b) }
func sysWrite(fd uintptr, b []byte) (int, error) { return syscall.Write(int(fd), b) }

func sysWriteLast(fd uintptr, b []byte) { _, _ = sysWrite(fd, b) }
