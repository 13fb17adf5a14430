package server

import (
	"bytes"
	"cmp"
	static "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/signalbox/signalbox/api"
	"github.com/signalbox/signalbox/server/jsonapi"
)

// Boards are what walls show: those that are part of the program, and those of a
// folder, each a JSON file. A file with the name of one that is part of the
// program stands in its place. Files may be changed by others: they are read
// whenever they are asked for.
//
// # Concurrency
//
// All methods may be called concurrently.
type Boards struct {
	// Set by OpenBoards, then constant.
	dir   string // "" for memory
	built map[string][]byte

	mu     sync.Mutex        // guards what follows, and changes of files
	memory map[string][]byte // in place of files, when there is no folder
}

// The bounds of boards.
const (
	maxBoards    = 100
	maxBoardFile = 64 << 10 // bytes
	maxBoardID   = 40       // bytes
	boardSuffix  = ".json"
)

//go:embed boards/*.json
var builtBoards static.FS

// OpenBoards keeps boards in the files of a folder, which need not exist. With
// an empty name they live in memory.
func OpenBoards(dir string) (*Boards, error) {
	b := &Boards{dir: dir, built: map[string][]byte{}, memory: map[string][]byte{}}
	files, err := fs.Glob(builtBoards, "boards/*"+boardSuffix)
	if err != nil {
		return nil, fmt.Errorf("boards: %w", err)
	}
	for _, name := range files {
		text, err := builtBoards.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("boards: %w", err)
		}
		b.built[strings.TrimSuffix(filepath.Base(name), boardSuffix)] = text
	}
	if dir == "" {
		return b, nil
	}
	if _, err := b.ownIDs(); err != nil {
		return nil, fmt.Errorf("boards: %w", err)
	}
	return b, nil
}

// boardName reports whether text can be the id of a board, and so the name of a
// file: small letters, figures and hyphens.
func boardName(text string) bool {
	return len(text) >= 1 && len(text) <= maxBoardID && text[0] != '-' &&
		strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// ownIDs are the ids of the boards that are kept, in order.
func (b *Boards) ownIDs() ([]string, error) {
	var ids []string
	if b.dir == "" {
		for id := range b.memory {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return ids, nil
	}
	files, err := os.ReadDir(b.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range files {
		if id, ok := strings.CutSuffix(f.Name(), boardSuffix); ok && boardName(id) && len(ids) < maxBoards {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// own returns the text of a board that is kept. The error is fs.ErrNotExist when
// there is none of this id.
func (b *Boards) own(id string) ([]byte, error) {
	if !boardName(id) {
		return nil, fs.ErrNotExist
	}
	if b.dir == "" {
		text, ok := b.memory[id]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return text, nil
	}
	f, err := os.Open(b.file(id))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxBoardFile+1))
}

func (b *Boards) file(id string) string { return filepath.Join(b.dir, id+boardSuffix) }

// all returns every board in the order of their ids.
func (b *Boards) all() ([]api.Board, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids, err := b.ownIDs()
	if err != nil {
		return nil, fmt.Errorf("boards: %w", err)
	}
	for id := range b.built {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	boards := make([]api.Board, 0, len(ids))
	for _, id := range ids {
		if board, ok := b.board(id); ok {
			boards = append(boards, board)
		}
	}
	return boards, nil
}

// one returns the board id.
func (b *Boards) one(id string) (api.Board, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.board(id)
}

// board reads a board. A file that is none says what is wrong with it: a wall
// shows that.
func (b *Boards) board(id string) (api.Board, bool) {
	board := api.Board{ID: id, Type: "boards"}
	a := &board.Attributes
	text, err := b.own(id)
	a.Source.Type = "runtime"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if text = b.built[id]; text == nil {
			return board, false
		}
		a.Source.Type, err = "static", nil
	case b.dir != "":
		a.Source.File = b.file(id)
	}
	if err == nil {
		a.Plan, err = parseBoard(text)
	}
	if err != nil {
		a.Plan, a.Problem = api.BoardPlan{Title: id}, err.Error()
	}
	return board, true
}

// checkTag refuses to touch a board that has another plan than the caller's
// If-Match names.
func (b *Boards) checkTag(id, ifMatch string) error {
	if ifMatch == "" {
		return nil
	}
	if board, ok := b.board(id); ok && jsonapi.TagMatches(ifMatch, board.Attributes.Plan.Tag()) {
		return nil
	}
	return refuse(http.StatusPreconditionFailed, "%s is not what it was when you looked (If-Match): nothing was done", id)
}

// keep keeps a board, if its plan is still the one that ifMatch names, "" for any.
func (b *Boards) keep(id string, plan api.BoardPlan, ifMatch string) error {
	text, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return fmt.Errorf("boards: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.checkTag(id, ifMatch); err != nil {
		return err
	}
	ids, err := b.ownIDs()
	switch {
	case err != nil:
		return fmt.Errorf("boards: %w", err)
	case len(ids) >= maxBoards && !slices.Contains(ids, id):
		return refuse(http.StatusInsufficientStorage, "there are %d boards already, which is the most", maxBoards)
	case b.dir == "":
		b.memory[id] = text
	default:
		err = replaceFile(b.file(id), append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("boards: %w", err)
	}
	return nil
}

// remove forgets a board that is kept, if its plan is still the one that ifMatch
// names, "" for any; one that is part of the program comes back in its place.
func (b *Boards) remove(id, ifMatch string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.own(id); errors.Is(err, fs.ErrNotExist) {
		if b.built[id] != nil {
			return refuse(http.StatusConflict, "%s is part of the program and cannot be removed", id)
		}
		return noBoard(id)
	}
	if err := b.checkTag(id, ifMatch); err != nil {
		return err
	}
	if b.dir == "" {
		delete(b.memory, id)
		return nil
	}
	if err := os.Remove(b.file(id)); err != nil {
		return fmt.Errorf("boards: %w", err)
	}
	return nil
}

func noBoard(id string) error { return refuse(http.StatusNotFound, "%s is not a board", clip(id)) }

// boards serves the boards, which are ours.
type boards struct {
	kept   *Boards
	grants *Grants
}

// all serves GET /v1/boards.
func (b boards) all(c *call) (answer, error) {
	rows, err := b.kept.all()
	if err != nil {
		return answer{}, err
	}
	for i := range rows {
		link(c, &rows[i], "boards", rows[i].ID)
	}
	return many(c, rows, c.link("boards")), nil
}

// one serves GET /v1/boards/:id. A display may read its own only.
func (b boards) one(c *call) (answer, error) {
	if id, ok := strings.CutPrefix(c.login, displayLogin("")); ok {
		if s, _ := b.grants.screen(id); cmp.Or(s.Board, api.FirstBoard) != c.PathValue("id") {
			return answer{}, refuse(http.StatusForbidden, "%s is not the board of this display", clip(c.PathValue("id")))
		}
	}
	board, ok := b.kept.one(c.PathValue("id"))
	if !ok {
		return answer{}, noBoard(c.PathValue("id"))
	}
	link(c, &board, "boards", board.ID)
	a := one(c, board, c.link("boards", board.ID))
	if board.Attributes.Problem == "" {
		a.tag = board.Attributes.Plan.Tag()
	}
	return a, nil
}

// keep serves PUT /v1/boards/:id: the plan of a board as it stands in its file.
func (b boards) keep(c *call) (answer, error) {
	id := c.PathValue("id")
	if !boardName(id) {
		return answer{}, refuse(http.StatusBadRequest, "%s cannot be the name of a board: it has 1 to %d small letters, figures and hyphens", clip(id), maxBoardID)
	}
	text, err := c.read(maxBoardFile)
	if err != nil {
		return answer{}, err
	}
	plan, err := parseBoard(text)
	if err != nil {
		return answer{}, refuse(http.StatusBadRequest, "%v", err)
	}
	before, _ := b.kept.one(id)
	if err := b.kept.keep(id, plan, c.Header.Get("If-Match")); err != nil {
		return answer{}, err
	}
	c.record.Before, c.record.After = boardSummary(before.Attributes.Plan), boardSummary(plan)
	return answer{}, nil
}

// remove serves DELETE /v1/boards/:id.
func (b boards) remove(c *call) (answer, error) {
	id := c.PathValue("id")
	before, _ := b.kept.one(id)
	if err := b.kept.remove(id, c.Header.Get("If-Match")); err != nil {
		return answer{}, err
	}
	c.record.Before = boardSummary(before.Attributes.Plan)
	return answer{}, nil
}

// boardSummary is what the audit log keeps of a board; nil for none.
func boardSummary(p api.BoardPlan) map[string]any {
	if len(p.Views) == 0 {
		return nil
	}
	views := make([]string, len(p.Views))
	for i, v := range p.Views {
		kinds := make([]string, len(v.Tiles))
		for j, t := range v.Tiles {
			kinds[j] = t.Kind
		}
		views[i] = v.Title + ": " + strings.Join(kinds, " ")
	}
	return map[string]any{"title": p.Title, "views": views}
}

// parseBoard reads the text of a board. The error says what is wrong and where.
func parseBoard(text []byte) (api.BoardPlan, error) {
	var file struct {
		Title  string            `json:"title"`
		Rotate int               `json:"rotate"`
		Night  json.RawMessage   `json:"night"`
		Views  []json.RawMessage `json:"views"`
	}
	if len(text) > maxBoardFile {
		return api.BoardPlan{}, fmt.Errorf("board: larger than %d bytes", maxBoardFile)
	}
	if err := decodePart("board", text, &file); err != nil {
		return api.BoardPlan{}, err
	}
	plan := api.BoardPlan{Title: file.Title, Rotate: file.Rotate}
	if len(file.Night) > 0 && string(file.Night) != "null" {
		plan.Night = new(api.BoardNight)
		if err := decodePart("night", file.Night, plan.Night); err != nil {
			return plan, err
		}
	}
	for i, raw := range file.Views {
		where := fmt.Sprintf("view %d", i+1)
		var view struct {
			Title string            `json:"title"`
			Tiles []json.RawMessage `json:"tiles"`
		}
		if err := decodePart(where, raw, &view); err != nil {
			return plan, err
		}
		v := api.BoardView{Title: view.Title, Tiles: make([]api.BoardTile, len(view.Tiles))}
		for j, raw := range view.Tiles {
			if err := decodePart(fmt.Sprintf("%s, tile %d", where, j+1), raw, &v.Tiles[j]); err != nil {
				return plan, err
			}
		}
		plan.Views = append(plan.Views, v)
	}
	return plan, checkBoard(&plan)
}

// decodePart reads one part of a board, which has no members but those of v.
func decodePart(where string, text []byte, v any) error {
	err := decodeStrictly(text, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := text[:min(int(e.Offset), len(text))]
		line := 1 + bytes.Count(before, []byte("\n"))
		return fmt.Errorf("%s: line %d, character %d: %w", where, line, len(before)-bytes.LastIndexByte(before, '\n')-1, e)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return fmt.Errorf("%s: an object is expected here, not a %s", where, e.Value)
		}
		return fmt.Errorf("%s: %s: a %s is not what belongs here", where, clip(e.Field), e.Value)
	}
	return fmt.Errorf("%s: %s", where, jsonError(err))
}
