//go:build unix

package engine

import (
	"os/exec"
	"syscall"
)

// ownGroup has the command run in a process group of its own, and returns how
// to stop all of the group: to ask it to end, or to end it.
func ownGroup(command *exec.Cmd) (stop func(now bool) error) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return func(now bool) error {
		if command.Process == nil {
			return nil
		}
		signal := syscall.SIGTERM
		if now {
			signal = syscall.SIGKILL
		}
		return syscall.Kill(-command.Process.Pid, signal)
	}
}
