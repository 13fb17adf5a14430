package view

import "testing"

func TestTame(t *testing.T) {
	for text, want := range map[string]bool{
		"":                             true,
		"error 10[0-9]{2}":             true,
		"timeout|refused":              true,
		"a.*b.*c":                      true,
		"a.*b.*c.*d":                   false,
		"(a+)+b":                       false,
		"(a|a)*b":                      false,
		"(ab)*c":                       true,
		"((ab)*c)*":                    false,
		"(?:ab)+":                      true,
		"(?=a)b":                       false,
		"(?<=a)b":                      false,
		`(a)\1`:                        false,
		`(?<x>a)\k<x>`:                 false,
		`\(\d+\)`:                      true,
		"[*+?|(]{1,3}":                 true,
		"[]a+*]":                       true,
		"[a":                           false,
		"a)":                           false,
		"a{2":                          false,
		"a?a?a?a?a?a?a?a?a?a?a?":       true,
		"a?a?a?a?a?a?a?a?a?a?a?a?a?a?": false,
		"(a?b?c?d?){30}":               false,
		"(a|b)?(c|d)?":                 true,
		"a+?b*?":                       true,
		`ends with \\`:                 true,
		`\`:                            true,
	} {
		if got := tame(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}

func FuzzTame(f *testing.F) {
	for _, seed := range []string{"(a+)+b", "[a]b*", `\d{1,`, "(?:a|b)?", "((("} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, text string) { tame(text) })
}
