//go:build !js

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Ensure that embed keys are made, listed without their secrets, and revoked.
func TestEmbedKeyCommand(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "signalbox.cnf")
	if err := os.WriteFile(file, fmt.Appendf(nil, "[maxscale]\ndatadir=%s\n", filepath.Join(dir, "data")), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args string) (string, error) {
		out := &output{}
		err := command(t.Context(), append(strings.Fields(args), "-config", file), strings.NewReader(""), out, io.Discard)
		return out.String(), err
	}
	made, err := run("embed-key create Shop -origin https://shop.example,https://admin.example -views sessions,tile")
	parts := regexp.MustCompile(`^id (\w+)\nsecret (sbx_key_\w+)\n`).FindStringSubmatch(made)
	if err != nil || parts == nil {
		t.Fatalf("got %q, %v", made, err)
	}
	kept, err := os.Stat(filepath.Join(dir, "data", "grants.json"))
	if err != nil || kept.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", kept, err)
	}
	list, err := run("embed-key list")
	if err != nil || !strings.Contains(list, parts[1]) || !strings.Contains(list, "https://shop.example,https://admin.example") ||
		!strings.Contains(list, "sessions,tile") || strings.Contains(list, parts[2]) {
		t.Errorf("got %s, %v", list, err)
	}
	if out, err := run("embed-key revoke " + parts[1]); err != nil || !strings.Contains(out, "revoked") {
		t.Errorf("got %q, %v", out, err)
	}
	if list, err := run("embed-key list"); err != nil || strings.Contains(list, parts[1]) {
		t.Errorf("got %s, %v", list, err)
	}
	for args, want := range map[string]string{
		"embed-key revoke " + parts[1]:                                     "no such embed key",
		"embed-key create Shop":                                            "origin",
		"embed-key create Shop -origin *":                                  "not an origin",
		"embed-key create Shop -origin https://shop.example -views nosuch": "not a view",
		"embed-key create":                                                 "usage",
		"embed-key rename Shop":                                            "no such command",
		"embed-key list more":                                              "usage",
	} {
		if _, err := run(args); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
	}
}
