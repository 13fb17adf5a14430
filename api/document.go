// Package api is the wire between the server and whoever speaks to it: the
// console, MaxCtrl and scripts. It holds plain structs with JSON names, which
// are MaxScale's, and the frames of the push feed. It knows no network, no
// engine and no browser, so that both sides may import it.
package api

import "encoding/json"

// Resource is one JSON:API resource whose attributes are A.
type Resource[A any] struct {
	ID            string        `json:"id"`
	Type          string        `json:"type"`
	Attributes    A             `json:"attributes"`
	Relationships Relationships `json:"relationships,omitempty"`
	Links         *Links        `json:"links,omitempty"`
}

// Relationships are a resource's relations by name: "services", "filters",
// "servers", "monitors", "listeners".
type Relationships map[string]Relationship

// IDs returns the identifiers of the relation name, in order; nil when it is
// absent.
func (r Relationships) IDs(name string) []string {
	rel, ok := r[name]
	if !ok {
		return nil
	}
	ids := make([]string, len(rel.Data))
	for i, d := range rel.Data {
		ids[i] = d.ID
	}
	return ids
}

// Relationship is an ordered list of references to other resources.
type Relationship struct {
	Data  []Reference `json:"data"`
	Links *Links      `json:"links,omitempty"`
}

// Reference names one resource.
type Reference struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// Links are the links of a document, a resource or a relationship.
type Links struct {
	Self    string `json:"self,omitempty"`
	Related string `json:"related,omitempty"`
	First   string `json:"first,omitempty"`
	Prev    string `json:"prev,omitempty"`
	Next    string `json:"next,omitempty"`
	Last    string `json:"last,omitempty"`
}

// Document is what every GET answers. Data is one resource or an array of
// them; a reader decodes it with DecodeOne or DecodeAll.
type Document struct {
	Data  json.RawMessage `json:"data,omitempty"`
	Links *Links          `json:"links,omitempty"`
	Meta  map[string]any  `json:"meta,omitempty"`
}

// DecodeOne reads a document that holds one resource.
func DecodeOne[A any](document []byte) (Resource[A], error) {
	var doc struct {
		Data Resource[A] `json:"data"`
	}
	err := json.Unmarshal(document, &doc)
	return doc.Data, err
}

// DecodeAll reads a document that holds a collection.
func DecodeAll[A any](document []byte) ([]Resource[A], error) {
	var doc struct {
		Data []Resource[A] `json:"data"`
	}
	err := json.Unmarshal(document, &doc)
	return doc.Data, err
}

// Errors is the body of every refused request.
type Errors struct {
	Errors []Error `json:"errors"`
}

// Error is one reason, one sentence in Detail.
type Error struct {
	Detail string `json:"detail"`
}

// Source says where an object came from.
type Source struct {
	File string `json:"file"` // configuration file, "" when there is none
	Type string `json:"type"` // static, runtime or volatile
}
