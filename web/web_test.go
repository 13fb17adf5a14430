package web

import (
	"regexp"
	"testing"
)

// Ensure that what other products load from here stays small and stands alone.
func TestComponent(t *testing.T) {
	const most = 4096 // bytes
	text, err := FS.ReadFile("static/signalbox-view.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > most {
		t.Errorf("signalbox-view.js has %d bytes of %d", len(text), most)
	}
	if found := regexp.MustCompile(`(?m)^\s*import\b|\bimport\(|importScripts|\beval\(|innerHTML|\.style\.cssText|setAttribute\('style`).Find(text); found != nil {
		t.Errorf("signalbox-view.js has %q: it needs nothing else, and works under a strict content policy", found)
	}
	if found := regexp.MustCompile(`postMessage\([^)]*['"]\*['"]`).Find(text); found != nil {
		t.Errorf("signalbox-view.js sends messages to pages of any origin: %q", found)
	}
}
