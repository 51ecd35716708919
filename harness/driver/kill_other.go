//go:build !unix

package driver

import "os/exec"

func ownGroup(*exec.Cmd) {}

// kill ends the program; it does not matter if it has ended.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
