package push

import (
	"slices"
	"sort"
	"sync"
)

// blockSize is how many entries a block of a list holds at most.
const blockSize = 512

// list keeps entries in order and finds them by their place. Entries are
// pointers to what does not change its order while it is in the list: take it
// out, change it, put it in again. Putting in, taking out and finding a place
// cost a few hundred steps whatever the length, and an entry costs its pointer.
type list[T comparable] struct {
	compare func(a, b T) int // never 0 for two different entries
	blocks  [][]T            // none is empty
	size    int
}

// fill puts all entries into an empty list.
func (l *list[T]) fill(entries []T) {
	l.sort(entries)
	l.size = len(entries)
	for block := range slices.Chunk(entries, blockSize/2) {
		l.blocks = append(l.blocks, slices.Clone(block))
	}
}

// sort sorts entries, the halves of very many at the same time.
func (l *list[T]) sort(entries []T) {
	if len(entries) < 4*blockSize {
		slices.SortFunc(entries, l.compare)
		return
	}
	left := slices.Clone(entries[:len(entries)/2])
	right := entries[len(left):]
	var half sync.WaitGroup
	half.Go(func() { l.sort(left) })
	l.sort(right)
	half.Wait()
	for i := range entries { // what is to come of right is never overtaken
		if len(left) == 0 {
			return
		}
		if len(right) == 0 || l.compare(left[0], right[0]) < 0 {
			entries[i], left = left[0], left[1:]
		} else {
			entries[i], right = right[0], right[1:]
		}
	}
}

// find returns the block and the place in it where entry is or belongs.
func (l *list[T]) find(entry T) (block, place int) {
	block = sort.Search(len(l.blocks), func(i int) bool {
		return l.compare(l.blocks[i][len(l.blocks[i])-1], entry) >= 0
	})
	if block == len(l.blocks) {
		return block, 0
	}
	place, _ = slices.BinarySearchFunc(l.blocks[block], entry, l.compare)
	return block, place
}

func (l *list[T]) insert(entry T) {
	l.size++
	block, place := l.find(entry)
	if block == len(l.blocks) { // behind all others
		if block == 0 {
			l.blocks = append(l.blocks, []T{entry})
			return
		}
		block--
		place = len(l.blocks[block])
	}
	b := slices.Insert(l.blocks[block], place, entry)
	l.blocks[block] = b
	if len(b) > blockSize {
		half := len(b) / 2
		l.blocks = slices.Insert(l.blocks, block+1, slices.Clone(b[half:]))
		clear(b[half:])
		l.blocks[block] = b[:half]
	}
}

// remove takes out an entry that is in the list.
func (l *list[T]) remove(entry T) {
	block, place := l.find(entry)
	if block == len(l.blocks) || place == len(l.blocks[block]) || l.blocks[block][place] != entry {
		panic("push: list: an entry has changed while it was in order")
	}
	l.size--
	b := slices.Delete(l.blocks[block], place, place+1)
	l.blocks[block] = b
	switch {
	case len(b) == 0:
		l.blocks = slices.Delete(l.blocks, block, block+1)
	case block+1 < len(l.blocks) && len(b)+len(l.blocks[block+1]) <= blockSize/2:
		l.blocks[block] = append(b, l.blocks[block+1]...)
		l.blocks = slices.Delete(l.blocks, block+1, block+2)
	}
}

// first returns the first entry of a list that is not empty.
func (l *list[T]) first() T { return l.blocks[0][0] }

// window calls yield with up to limit entries from the place offset on.
func (l *list[T]) window(offset, limit int, yield func(T)) {
	for _, b := range l.blocks {
		if offset >= len(b) {
			offset -= len(b)
			continue
		}
		part := b[offset:min(len(b), offset+limit)]
		for _, entry := range part {
			yield(entry)
		}
		offset, limit = 0, limit-len(part)
		if limit == 0 {
			return
		}
	}
}
