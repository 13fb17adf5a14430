//go:build !js

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/signalbox/signalbox/server"
)

const embedKeyUsage = `usage:
  signalbox embed-key create NAME -origin ORIGIN[,ORIGIN] [-views VIEW[,VIEW]] [-scopes SCOPE[,SCOPE]] -config FILE
  signalbox embed-key list -config FILE
  signalbox embed-key revoke ID -config FILE`

// embedKeyCommand makes, lists and revokes the keys with which other products
// embed pages of the console. A program that runs notices within a second.
func embedKeyCommand(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(embedKeyUsage)
	}
	action, what, rest := args[0], "", args[1:]
	if action != "list" {
		if len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
			return errors.New(embedKeyUsage)
		}
		what, rest = rest[0], rest[1:]
	}
	f := flag.NewFlagSet("signalbox embed-key", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	origins := f.String("origin", "", "")
	views := f.String("views", "", "")
	scopes := f.String("scopes", "", "")
	file := f.String("config", "", "")
	if err := f.Parse(rest); err != nil || f.NArg() > 0 {
		return errors.Join(err, errors.New(embedKeyUsage))
	}
	if *file == "" {
		return fmt.Errorf("give -config FILE; its datadir holds the embed keys\n%s", embedKeyUsage)
	}
	maxscale, err := maxscaleOf(*file)
	if err != nil {
		return err
	}
	grants, err := server.OpenGrants(grantsFile(maxscale))
	if err != nil {
		return err
	}
	switch action {
	case "create":
		var key server.EmbedKey
		key, err = grants.CreateEmbedKey(server.EmbedKey{
			Name: what, FrameAncestors: split(*origins), Views: split(*views), Scopes: split(*scopes), CreatedBy: "command line",
		})
		if err == nil {
			_, err = fmt.Fprintf(out, "id %s\nsecret %s\nThe secret is not shown again.\n", key.ID, key.Secret)
		}
	case "list":
		err = listEmbedKeys(grants.EmbedKeys(), out)
	case "revoke":
		if err = grants.RevokeEmbedKey(what); err == nil {
			_, err = fmt.Fprintf(out, "embed key %s: revoked\n", what)
		}
	default:
		return fmt.Errorf("embed-key %s: no such command\n%s", action, embedKeyUsage)
	}
	if err != nil {
		return fmt.Errorf("embed-key %s: %w", action, err)
	}
	return nil
}

func listEmbedKeys(keys []server.EmbedKey, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tORIGINS\tVIEWS\tSCOPES\tCREATED\tLAST USED")
	for _, k := range keys {
		used := "never"
		if !k.Used.IsZero() {
			used = k.Used.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s by %s\t%s\n", k.ID, k.Name, strings.Join(k.FrameAncestors, ","),
			strings.Join(k.Views, ","), strings.Join(k.Scopes, ","), k.Created.UTC().Format(time.RFC3339), k.CreatedBy, used)
	}
	return w.Flush()
}

// split reads a list of words separated by commas; "" is none.
func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}
