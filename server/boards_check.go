package server

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/api/view"
)

// This file says what is wrong with boards.

const (
	maxBoardTitle  = 60  // bytes
	maxBoardFilter = 512 // bytes
)

// checkBoard says what is wrong with a board, and where; nil when nothing is.
func checkBoard(p *api.BoardPlan) error {
	if err := checkBoardTitle(p.Title, true); err != nil {
		return fmt.Errorf("title: %w", err)
	}
	if p.Rotate != 0 && (p.Rotate < api.MinRotate || p.Rotate > api.MaxRotate) {
		return fmt.Errorf("rotate: %d is not a number of seconds from %d to %d, or 0 for %d", p.Rotate, api.MinRotate, api.MaxRotate, api.BoardRotate)
	}
	if n := p.Night; n != nil && (n.From < 0 || n.From > 23 || n.To < 0 || n.To > 23 || n.From == n.To) {
		return errors.New("night: from and to are different hours from 0 to 23")
	}
	if len(p.Views) == 0 || len(p.Views) > api.MaxBoardViews {
		return fmt.Errorf("views: there are 1 to %d, not %d", api.MaxBoardViews, len(p.Views))
	}
	for i := range p.Views {
		v := &p.Views[i]
		if err := checkBoardTitle(v.Title, true); err != nil {
			return fmt.Errorf("view %d: title: %w", i+1, err)
		}
		if len(v.Tiles) == 0 {
			return fmt.Errorf("view %d: there are no tiles", i+1)
		}
		for j := range v.Tiles {
			if err := checkTile(&v.Tiles[j]); err != nil {
				return fmt.Errorf("view %d, tile %d: %w", i+1, j+1, err)
			}
		}
		if j, where := unplaced(v.Tiles); where != "" {
			w, h := v.Tiles[j].Size()
			return fmt.Errorf("view %d, tile %d: there is no place for its %d × %d cells on a %s", i+1, j+1, w, h, where)
		}
	}
	if n := len(p.Asks()); n > api.MaxBoardAsks {
		return fmt.Errorf("the tiles need %d different views of the server, %d are possible: use fewer different filters", n, api.MaxBoardAsks)
	}
	return nil
}

func checkBoardTitle(text string, needed bool) error {
	switch {
	case text == "" && !needed:
		return nil
	case text == "":
		return errors.New("there is none")
	case len(text) > maxBoardTitle:
		return fmt.Errorf("it has more than %d bytes", maxBoardTitle)
	case text != strings.TrimSpace(oneLine(text)):
		return errors.New("it has several lines, or spaces around it")
	}
	return nil
}

func checkTile(t *api.BoardTile) error {
	kind, ok := t.KindOf()
	if !ok {
		names := make([]string, len(api.BoardKinds))
		for i, k := range api.BoardKinds {
			names[i] = k.Name
		}
		return fmt.Errorf("kind: %q is none of %s", clip(t.Kind), strings.Join(names, ", "))
	}
	if err := checkBoardTitle(t.Title, false); err != nil {
		return fmt.Errorf("title: %w", err)
	}
	if t.Width != 0 && t.Width != 1 && t.Width != 2 && t.Width != 4 {
		return fmt.Errorf("width: %d is not 1, 2 or 4 cells", t.Width)
	}
	if t.Height < 0 || t.Height > api.BoardRows {
		return fmt.Errorf("height: %d is not 1 or 2 cells", t.Height)
	}
	if w, _ := t.Size(); kind.List && w < 2 {
		return errors.New("width: a list needs 2 cells")
	}
	switch {
	case t.Filter != "" && !kind.Filtered:
		return fmt.Errorf("filter: %s does not take one", kind.Name)
	case len(t.Filter) > maxBoardFilter:
		return fmt.Errorf("filter: it has more than %d bytes", maxBoardFilter)
	case t.Sort != "" && t.Kind != api.TileList:
		return fmt.Errorf("sort: %s does not take one", kind.Name)
	}
	if _, err := view.Parse(t.Filter); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	if _, err := view.ParseSort(t.Sort); err != nil {
		return fmt.Errorf("sort: %w", err)
	}
	if !kind.Judged && (t.Attention != nil || t.Critical != nil) {
		return fmt.Errorf("%s has no thresholds", kind.Name)
	}
	for name, value := range map[string]*float64{"attention": t.Attention, "critical": t.Critical} {
		if value != nil && !(*value >= 0 && *value <= math.MaxInt32) {
			return fmt.Errorf("%s: %g is not a figure from 0, which is never, to %d", name, *value, math.MaxInt32)
		}
	}
	if attention, critical := t.Limits(); attention > 0 && critical > 0 && attention >= critical {
		return fmt.Errorf("attention: %g is not below critical, which is %g; 0 is never", attention, critical)
	}
	return nil
}

// unplaced puts the tiles of a view into the grid as browsers do: each at the
// first place that it fits. It returns the first one that has none, and on which
// screen; "" when all have.
func unplaced(tiles []api.BoardTile) (tile int, where string) {
	if i, ok := fillCells(tiles, api.BoardColumns, api.BoardRows); !ok {
		return i, "screen of 4 × 2"
	}
	if i, ok := fillCells(tiles, api.BoardRows, api.BoardColumns); !ok {
		return i, "screen that stands upright, of 2 × 4"
	}
	return 0, ""
}

func fillCells(tiles []api.BoardTile, columns, rows int) (int, bool) {
	taken := make([]bool, columns*rows)
	for i := range tiles {
		w, h := tiles[i].Size()
		if w > columns { // four beside each other become two above two
			w, h = columns, h*w/columns
		}
		if !put(taken, columns, rows, w, h) {
			return i, false
		}
	}
	return 0, true
}

func put(taken []bool, columns, rows, w, h int) bool {
	for y := 0; y+h <= rows; y++ {
	next:
		for x := 0; x+w <= columns; x++ {
			for cell := range w * h {
				if taken[(y+cell/w)*columns+x+cell%w] {
					continue next
				}
			}
			for cell := range w * h {
				taken[(y+cell/w)*columns+x+cell%w] = true
			}
			return true
		}
	}
	return false
}
