package app

import (
	"context"
	"slices"

	"github.com/signalbox/signalbox/api"
)

// directory is what the console knows by name wherever one is: for the figures
// beside the navigation, and for the palette. What has a name seldom changes, so
// the server is asked when the feed begins and when the palette opens.
type directory struct {
	names map[string][]string // by section, in order
}

// directorySections are the sections whose objects have names.
var directorySections = []string{"services", "servers", "monitors", "filters", "listeners"}

// refresh asks the server.
func (d *directory) refresh() {
	if console.client == nil {
		return
	}
	for _, section := range directorySections {
		console.async(func(ctx context.Context) func() {
			_, answer, err := console.client.Do(ctx, "GET", "/v1/"+section, nil)
			if err != nil {
				return nil // what is known stays
			}
			objects, err := api.DecodeAll[struct{}](answer)
			if err != nil {
				return nil
			}
			return func() { d.take(section, objects) }
		})
	}
}

func (d *directory) take(section string, objects []api.Resource[struct{}]) {
	names := make([]string, len(objects))
	for i := range objects {
		names[i] = objects[i].ID
	}
	slices.Sort(names)
	if d.names == nil {
		d.names = make(map[string][]string)
	}
	d.names[section] = names
}

// countsView is always open: it has one row and says how many sessions there
// are.
const countsView = "counts"

// count returns how many there are of what a section shows, and whether that is
// known.
func (d *directory) count(section string) (n int, known bool) {
	counts := console.store.View(countsView)
	switch section {
	case "sessions":
		return counts.All, counts.Ready
	case "queries":
		return counts.Summary.Running, counts.Ready
	}
	names, known := d.names[section]
	return len(names), known
}
