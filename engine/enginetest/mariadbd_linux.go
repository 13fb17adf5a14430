package enginetest

import "syscall"

// dieWithParent ends a server when its test ends without cleaning up.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
