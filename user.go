//go:build !js

package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/signalbox/signalbox/engine/config"
	"github.com/signalbox/signalbox/engine/module"
	"github.com/signalbox/signalbox/engine/modules"
	"github.com/signalbox/signalbox/server"
)

const userUsage = `usage:
  signalbox user create NAME -role admin|basic -password-stdin -config FILE
  signalbox user password NAME -password-stdin -config FILE
  signalbox user delete NAME -config FILE`

// userCommand makes, changes and deletes accounts of the REST API and the
// console. A program that runs notices within a second.
func userCommand(args []string, in io.Reader, out io.Writer) error {
	if len(args) < 2 || strings.HasPrefix(args[1], "-") {
		return errors.New(userUsage)
	}
	action, name := args[0], args[1]
	f := flag.NewFlagSet("signalbox user", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	role := f.String("role", string(server.RoleBasic), "")
	stdin := f.Bool("password-stdin", false, "")
	file := f.String("config", "", "")
	if err := f.Parse(args[2:]); err != nil || f.NArg() > 0 {
		return errors.Join(err, errors.New(userUsage))
	}
	if *file == "" {
		return fmt.Errorf("give -config FILE; its datadir holds the accounts\n%s", userUsage)
	}
	maxscale, err := maxscaleOf(*file)
	if err != nil {
		return err
	}
	users, err := server.OpenUsers(usersFile(maxscale))
	if err != nil {
		return err
	}
	switch action {
	case "create":
		var password string
		if password, err = readPassword(in, *stdin); err == nil {
			err = users.Create(name, password, server.Role(*role))
		}
	case "password":
		var password string
		if password, err = readPassword(in, *stdin); err == nil {
			err = users.SetPassword(name, password)
		}
	case "delete":
		err = users.Delete(name)
	default:
		return fmt.Errorf("user %s: no such command\n%s", action, userUsage)
	}
	if err != nil {
		return fmt.Errorf("user %s: %w", action, err)
	}
	_, err = fmt.Fprintf(out, "user %s: %s done\n", name, action)
	return err
}

// maxscaleOf reads from a configuration what is about the program itself.
func maxscaleOf(file string) (module.Object, error) {
	objects, _, err := config.ReadFile(file, modules.All().Declarations())
	if err != nil {
		return module.Object{}, err
	}
	for _, o := range objects {
		if o.Kind == module.MaxScale {
			return o, nil
		}
	}
	maxscale, _, err := module.NewObject("maxscale", &module.MaxScaleModule, nil)
	return maxscale, err
}

// readPassword reads the first line of in.
func readPassword(in io.Reader, stdin bool) (string, error) {
	if !stdin {
		return "", errors.New("give -password-stdin and the password as the first line of the standard input")
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
