package ui

import (
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
)

// Parts are elements by the names that stand for them in a sentence.
type Parts map[string]app.UI

// Fill puts elements into a sentence, in the places of their names in braces:
// which comes first is the language's choice. Names that stand for nothing stay
// as they are.
func Fill(sentence string, parts Parts) []app.UI {
	var list []app.UI
	plain := ""
	for {
		before, rest, ok := strings.Cut(sentence, "{")
		plain += before
		if !ok {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		part, known := parts[name]
		if !known {
			plain, sentence = plain+"{", rest
			continue
		}
		if plain != "" {
			list, plain = append(list, app.Text(plain)), ""
		}
		list, sentence = append(list, part), after
	}
	if plain != "" {
		list = append(list, app.Text(plain))
	}
	return list
}
