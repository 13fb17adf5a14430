package ui

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/maxence-charriere/go-app/v10/pkg/app"
	"github.com/signalbox/signalbox/app/lang"
)

// TopoNode is a box of a topology. It is a link when it has a Path.
type TopoNode struct {
	ID     string // its own; edges go by it
	Href   string // where the link leads, as the browser needs it
	Path   string // where it leads, for the page: found as data-path
	Glyph  string // sign of its state, may be ""
	Level  string // how loud it is: "", info, attn or crit
	Name   string
	Note   string   // a second line
	Inside []string // what statements pass inside of it, in order
	Label  string   // what it is, for those who do not see the picture
}

// TopoEdge is a line between two boxes. Its width is its Weight, a number of
// sessions.
type TopoEdge struct {
	From, To string
	Weight   int
	Loose    bool // how many take this way is not known
}

// Topology is who talks to whom: columns of boxes, and lines from left to right.
type Topology struct {
	Titles  []string
	Columns [][]TopoNode
	Edges   []TopoEdge
	Lit     string // box whose ways are lit, "" for none
	Label   string // what the picture shows, for those who do not see it
}

// Sizes of a topology, in units of its view box.
const (
	topoWidth    = 1200
	topoBox      = 232 // width of a box
	topoBoxBase  = 44  // height of a box with nothing inside
	topoInside   = 20  // height of one line inside
	topoGap      = 14  // between two boxes
	topoHead     = 30  // height of the titles
	topoMaxLine  = 12.0
	topoMinLine  = 1.5
	topoFewest   = 8  // sessions: a line is as wide as can be from so many on
	topoLabelGap = 13 // labels closer than this are shown on lit lines only
)

// placedNode is a box with its place.
type placedNode struct {
	node    *TopoNode
	x, y, h int
	column  int
	in, out int // lines that end and begin here
}

// placedEdge is a line with its way.
type placedEdge struct {
	edge   *TopoEdge
	line   string // path data
	width  string
	x, y   int  // of the label
	crowds bool // the label would stand on others
}

func boxID(node string) string { return "box:" + node }

// FocusedBox returns the node whose box has the keyboard, "" when none has.
func FocusedBox() string {
	e := Focused()
	if e == nil || !e.Truthy() {
		return ""
	}
	if node := e.Call("getAttribute", "data-node"); node.Truthy() {
		return node.String()
	}
	return ""
}

// FocusBox gives the keyboard to the box of a node, if there is one.
func FocusBox(node string) { Focus(boxID(node)) }

// layout places the boxes, each column in the middle of the height, and the lines
// between them. Lines to boxes that are not there are left out.
func (t *Topology) layout() (nodes []*placedNode, edges []placedEdge, height int) {
	heights := make([]int, len(t.Columns))
	for i, column := range t.Columns {
		for j := range column {
			heights[i] += boxSize(&column[j]) + topoGap
		}
		height = max(height, heights[i])
	}
	by := make(map[string]*placedNode)
	step := 0
	if n := len(t.Columns); n > 1 {
		step = (topoWidth - 2 - topoBox) / (n - 1)
	}
	for i, column := range t.Columns {
		y := topoHead + (height-heights[i])/2
		for j := range column {
			n := &placedNode{node: &column[j], x: 1 + i*step, y: y, h: boxSize(&column[j]), column: i}
			if by[n.node.ID] == nil {
				by[n.node.ID] = n
			}
			nodes = append(nodes, n)
			y += n.h + topoGap
		}
	}
	return nodes, t.route(by), topoHead + max(height, topoBoxBase)
}

func boxSize(n *TopoNode) int {
	if len(n.Inside) == 0 {
		return topoBoxBase
	}
	return topoBoxBase + len(n.Inside)*topoInside + 6
}

// route draws the lines. Those of a box leave it in the order of the boxes that
// they lead to, so that they do not cross at once.
func (t *Topology) route(by map[string]*placedNode) []placedEdge {
	most := topoFewest
	var list []*TopoEdge
	for i := range t.Edges {
		e := &t.Edges[i]
		if from, to := by[e.From], by[e.To]; from != nil && to != nil && from.column < to.column {
			list = append(list, e)
			most = max(most, e.Weight)
			from.out++
			to.in++
		}
	}
	starts := ports(list, func(e *TopoEdge) (here, there *placedNode) { return by[e.From], by[e.To] })
	ends := ports(list, func(e *TopoEdge) (here, there *placedNode) { return by[e.To], by[e.From] })
	edges := make([]placedEdge, 0, len(list))
	for _, e := range list {
		from, to := by[e.From], by[e.To]
		x1, y1 := from.x+topoBox, portAt(from, starts[e], from.out)
		x2, y2 := to.x, portAt(to, ends[e], to.in)
		half := (x2 - x1) / 2
		p := placedEdge{edge: e, width: lineWidth(e.Weight, most)}
		p.line = "M" + point(x1, y1) + "C" + point(x1+half, y1) + " " + point(x2-half, y2) + " " + point(x2, y2)
		// The label stands where fewer lines meet.
		p.x, p.y, p.crowds = x1+18, y1, from.h/(from.out+1) < topoLabelGap
		if to.in < from.out {
			p.x, p.y, p.crowds = x2-18, y2, to.h/(to.in+1) < topoLabelGap
		}
		edges = append(edges, p)
	}
	return edges
}

// ports numbers the lines at each box from top to bottom, by where they lead.
func ports(list []*TopoEdge, ends func(*TopoEdge) (here, there *placedNode)) map[*TopoEdge]int {
	at := make(map[*placedNode][]*TopoEdge)
	for _, e := range list {
		here, _ := ends(e)
		at[here] = append(at[here], e)
	}
	number := make(map[*TopoEdge]int, len(list))
	for _, lines := range at {
		slices.SortStableFunc(lines, func(a, b *TopoEdge) int {
			_, x := ends(a)
			_, y := ends(b)
			return cmp.Or(cmp.Compare(x.y, y.y), cmp.Compare(x.column, y.column))
		})
		for i, e := range lines {
			number[e] = i
		}
	}
	return number
}

func portAt(n *placedNode, i, of int) int { return n.y + n.h*(i+1)/(of+1) }

// lineWidth is the width of a line; one that nobody takes is thin.
func lineWidth(weight, most int) string {
	if weight <= 0 {
		return "1"
	}
	return strconv.FormatFloat(math.Round(10*(topoMinLine+(topoMaxLine-topoMinLine)*float64(weight)/float64(most)))/10, 'f', -1, 64)
}

// Ways returns the boxes on the ways through the box id: those from which one
// comes to it, and those to which one comes from it.
func (t *Topology) Ways(id string) map[string]bool {
	on := map[string]bool{id: true}
	t.follow(id, on, func(e *TopoEdge) (here, there string) { return e.From, e.To })
	t.follow(id, on, func(e *TopoEdge) (here, there string) { return e.To, e.From })
	return on
}

func (t *Topology) follow(id string, on map[string]bool, ends func(*TopoEdge) (here, there string)) {
	seen := map[string]bool{id: true}
	for next := []string{id}; len(next) > 0; next = next[1:] {
		for i := range t.Edges {
			if here, there := ends(&t.Edges[i]); here == next[0] && !seen[there] {
				seen[there], on[there] = true, true
				next = append(next, there)
			}
		}
	}
}

// Draw draws the picture. Boxes carry data-node and data-path, for the page that
// has the handlers.
func (t *Topology) Draw() app.UI {
	nodes, edges, height := t.layout()
	class, lit := "topo", map[string]bool(nil)
	if t.Lit != "" {
		class, lit = "topo some", t.Ways(t.Lit)
	}
	step := 0
	if n := len(t.Columns); n > 1 {
		step = (topoWidth - 2 - topoBox) / (n - 1)
	}
	return SVG("svg").Class(class).Attr("viewBox", "0 0 "+strconv.Itoa(topoWidth)+" "+strconv.Itoa(height)).
		Attr("role", "group").Attr("aria-label", t.Label+" ").Body(
		SVG("g").Attr("aria-hidden", "true ").Body(app.Range(t.Titles).Slice(func(i int) app.UI {
			return SVG("text").Class("title").Attr("x", strconv.Itoa(1+i*step)).Attr("y", "16").Text(t.Titles[i])
		})),
		SVG("g").Attr("aria-hidden", "true ").Body(app.Range(edges).Slice(func(i int) app.UI {
			return edges[i].render(lit[edges[i].edge.From] && lit[edges[i].edge.To])
		})),
		// Each column has elements of its own: a client that comes leaves the
		// servers theirs, and with them the keyboard.
		SVG("g").Body(app.Range(t.Columns).Slice(func(i int) app.UI {
			column := nodes[:len(t.Columns[i])]
			nodes = nodes[len(column):]
			return SVG("g").Body(app.Range(column).Slice(func(j int) app.UI { return column[j].render(lit[column[j].node.ID]) }))
		})),
	)
}

func (p *placedEdge) render(lit bool) app.UI {
	class := "edge"
	if p.edge.Weight == 0 || p.edge.Loose {
		class += " loose"
	}
	if lit {
		class += " lit"
	}
	count := ""
	if p.edge.Weight > 0 && !p.edge.Loose {
		count = lang.Count(p.edge.Weight)
	}
	label := "count"
	if p.crowds {
		label = "count crowds"
	}
	return SVG("g").Class(class).Body(
		SVG("path").Attr("d", p.line).Attr("stroke-width", p.width),
		SVG("text").Class(label).Attr("x", strconv.Itoa(p.x)).Attr("y", strconv.Itoa(p.y+4)).Attr("text-anchor", "middle").Text(count),
	)
}

func (p *placedNode) render(lit bool) app.UI {
	n := p.node
	class := "node " + n.Level
	if lit {
		class += " lit"
	}
	box := SVG("g")
	if n.Path != "" {
		box = SVG("a").Attr("href", n.Href).Attr("data-path", n.Path)
	}
	left := 12
	if n.Glyph != "" {
		left = 30
	}
	x := strconv.Itoa(p.x + left)
	return box.Class(class).Attr("id", boxID(n.ID)).Attr("data-node", n.ID).Attr("aria-label", n.Label+" ").Body(
		SVG("title").Text(n.Label),
		SVG("rect").Class("body").Attr("x", strconv.Itoa(p.x)).Attr("y", strconv.Itoa(p.y)).
			Attr("width", strconv.Itoa(topoBox)).Attr("height", strconv.Itoa(p.h)).Attr("rx", "6"),
		p.renderGlyph(),
		SVG("text").Class("name").Attr("x", x).Attr("y", strconv.Itoa(p.y+18)).Text(Clip(n.Name, int(float64(topoBox-left-10)/glyphWidth))),
		SVG("text").Class("note").Attr("x", x).Attr("y", strconv.Itoa(p.y+34)).Text(Clip(n.Note, (topoBox-left-10)/6)+" "),
		SVG("g").Body(app.Range(n.Inside).Slice(func(i int) app.UI { return p.renderInside(i) })),
	)
}

func (p *placedNode) renderGlyph() app.UI {
	return SVG("svg").Class("sign").Attr("x", strconv.Itoa(p.x+12)).Attr("y", strconv.Itoa(p.y+8)).Attr("width", "12").Attr("height", "12").
		Attr("viewBox", "0 0 12 12").Body(
		SVG("path").Attr("d", glyphs[p.node.Glyph]+" ").Attr("fill", "currentColor").Attr("fill-rule", "evenodd"),
	)
}

// renderInside draws what statements pass inside of a box, one below the other
// in the order in which they pass it.
func (p *placedNode) renderInside(i int) app.UI {
	y := p.y + topoBoxBase + i*topoInside
	return SVG("g").Class("inside").Body(
		SVG("rect").Attr("x", strconv.Itoa(p.x+12)).Attr("y", strconv.Itoa(y)).Attr("width", strconv.Itoa(topoBox-24)).
			Attr("height", strconv.Itoa(topoInside-3)).Attr("rx", "3"),
		SVG("text").Attr("x", strconv.Itoa(p.x+20)).Attr("y", strconv.Itoa(y+12)).
			Text(Clip(strconv.Itoa(i+1)+" "+p.node.Inside[i], (topoBox-40)/7)),
	)
}
