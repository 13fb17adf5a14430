//go:build !unix

package engine

import "os/exec"

// ownGroup returns how to stop the command; what it has started goes on.
func ownGroup(command *exec.Cmd) (stop func(now bool) error) {
	return func(bool) error {
		if command.Process == nil {
			return nil
		}
		return command.Process.Kill()
	}
}
