package server

import "strings"

// plainCell keeps spreadsheets from taking a text from outside for a formula.
func plainCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
