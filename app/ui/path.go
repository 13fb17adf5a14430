package ui

import (
	"strconv"
	"strings"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"github.com/signalbox/signalbox/app/lang"
)

// Hop is a box of a path: something that statements pass through.
type Hop struct {
	Kind    string // what it is: client, filter, server
	Name    string
	Note    string // what else there is to say, at the right edge; may be ""
	Primary bool   // marked with a dot
	Busy    bool   // filled: it is at work now
}

// PathDiagram draws the way of a statement: the hops of the chain one below the
// other, and the servers as branches of the last of them. The picture scales to
// the width of its place.
func PathDiagram(chain, servers []Hop) app.UI {
	boxes, edges, height := layoutPath(chain, servers)
	return SVG("svg").Class("path").Attr("viewBox", "0 0 "+strconv.Itoa(pathWidth)+" "+strconv.Itoa(height)).
		Attr("role", "img").Attr("aria-label", pathText(chain, servers)).Body(
		app.Range(edges).Slice(func(i int) app.UI {
			class := "edge"
			if edges[i].busy {
				class = "edge busy"
			}
			return SVG("g").Class(class).Body(
				SVG("path").Class("line").Attr("d", edges[i].line),
				SVG("path").Class("head").Attr("d", edges[i].head),
			)
		}),
		app.Range(boxes).Slice(func(i int) app.UI { return boxes[i].render() }),
	)
}

// Sizes of a path, in units of its view box, which are pixels when it is drawn
// in full width.
const (
	pathWidth   = 460
	boxHeight   = 30
	boxGap      = 16
	serverGap   = 8  // between the boxes of two servers
	indent      = 44 // of the servers
	trunk       = 22 // where the line down to the servers is
	textLeft    = 66 // of the name in its box: the kind stands before it
	textRight   = 10
	glyphWidth  = 7.25 // of the monospaced type at 12 px
	noteWidth   = 6.1  // of the type of notes at 11 px
	maxNote     = 34   // letters
	headLength  = 6
	headBreadth = 4
)

// pathBox is a hop with its place.
type pathBox struct {
	hop        Hop
	x, y, w    int
	name, note string // clipped to the box
}

// pathEdge is an arrow between two boxes.
type pathEdge struct {
	line, head string // path data
	busy       bool
}

// layoutPath places the hops of a chain and the servers behind its last one.
func layoutPath(chain, servers []Hop) (boxes []pathBox, edges []pathEdge, height int) {
	y := 1
	for i, hop := range chain {
		if i > 0 {
			edges = append(edges, downEdge(pathWidth/2, y, y+boxGap))
			y += boxGap
		}
		boxes = append(boxes, newPathBox(hop, 1, y, pathWidth-2))
		y += boxHeight
	}
	from := y
	for i, hop := range servers {
		switch {
		case i > 0:
			y += serverGap
		case len(chain) > 0:
			y += boxGap
		}
		boxes = append(boxes, newPathBox(hop, indent, y, pathWidth-1-indent))
		if len(chain) > 0 {
			edges = append(edges, branchEdge(from, y+boxHeight/2, hop.Busy))
		}
		y += boxHeight
	}
	return boxes, busyLast(edges), y + 1
}

// busyLast puts the arrows of busy servers over the others.
func busyLast(edges []pathEdge) []pathEdge {
	var quiet, busy []pathEdge
	for _, e := range edges {
		if e.busy {
			busy = append(busy, e)
		} else {
			quiet = append(quiet, e)
		}
	}
	return append(quiet, busy...)
}

func newPathBox(hop Hop, x, y, w int) pathBox {
	name := hop.Name
	if hop.Primary {
		name += " ●"
	}
	note := Clip(hop.Note, maxNote)
	room := float64(w - textLeft - textRight)
	if note != "" {
		room -= float64(len([]rune(note))+2) * noteWidth
	}
	return pathBox{hop: hop, x: x, y: y, w: w, name: Clip(name, int(room/glyphWidth)), note: note}
}

// downEdge is an arrow straight down.
func downEdge(x, from, to int) pathEdge {
	return pathEdge{
		line: "M" + point(x, from) + "V" + strconv.Itoa(to-headLength),
		head: "M" + point(x, to) + "L" + point(x-headBreadth, to-headLength) + "H" + strconv.Itoa(x+headBreadth) + "Z",
	}
}

// branchEdge is an arrow from the trunk to a server's box.
func branchEdge(from, y int, busy bool) pathEdge {
	return pathEdge{
		line: "M" + point(trunk, from) + "V" + strconv.Itoa(y) + "H" + strconv.Itoa(indent-headLength),
		head: "M" + point(indent, y) + "L" + point(indent-headLength, y-headBreadth) + "V" + strconv.Itoa(y+headBreadth) + "Z",
		busy: busy,
	}
}

func point(x, y int) string { return strconv.Itoa(x) + " " + strconv.Itoa(y) }

func (b pathBox) render() app.UI {
	class := "hop"
	if b.hop.Busy {
		class = "hop busy"
	}
	base := strconv.Itoa(b.y + boxHeight/2 + 4)
	return SVG("g").Class(class).Body(
		SVG("title").Text(b.hop.kind()+" "+b.hop.Name+" "+b.hop.Note),
		SVG("rect").Attr("x", strconv.Itoa(b.x)).Attr("y", strconv.Itoa(b.y)).Attr("width", strconv.Itoa(b.w)).
			Attr("height", strconv.Itoa(boxHeight)).Attr("rx", "5"),
		SVG("text").Class("kind").Attr("x", strconv.Itoa(b.x+10)).Attr("y", base).Text(b.hop.kind()),
		SVG("text").Class("name").Attr("x", strconv.Itoa(b.x+textLeft)).Attr("y", base).Text(b.name),
		SVG("text").Class("note").Attr("x", strconv.Itoa(b.x+b.w-textRight)).Attr("y", base).Attr("text-anchor", "end").Text(b.note),
	)
}

// hopKinds are what hops are called.
var hopKinds = map[string]string{
	"client": lang.Mark("client"), "listener": lang.Mark("listener"), "service": lang.Mark("service"), "filter": lang.Mark("filter"),
	"router": lang.Mark("router"), "server": lang.Mark("server"),
}

func (h *Hop) kind() string {
	if text, ok := hopKinds[h.Kind]; ok {
		return lang.T(text)
	}
	return h.Kind
}

// pathText says what the picture shows.
func pathText(chain, servers []Hop) string {
	words := make([]string, 0, len(chain)+1)
	for _, hop := range chain {
		words = append(words, hop.kind()+" "+hop.Name)
	}
	names := make([]string, 0, len(servers))
	for _, hop := range servers {
		name := hop.kind() + " " + hop.Name
		if hop.Primary {
			name += lang.T(" (primary)")
		}
		if hop.Busy {
			name += lang.T(" (at work)")
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		words = append(words, strings.Join(names, ", "))
	}
	return strings.Join(words, lang.T(", then "))
}

// Clip shortens text to so many letters, the last of them an ellipsis then.
func Clip(text string, letters int) string {
	r := []rune(text)
	switch {
	case len(r) <= letters:
		return text
	case letters <= 1:
		return "…"
	}
	return string(r[:letters-1]) + "…"
}
