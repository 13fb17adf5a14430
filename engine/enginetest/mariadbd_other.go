//go:build !linux

package enginetest

import "syscall"

func dieWithParent() *syscall.SysProcAttr { return nil }
