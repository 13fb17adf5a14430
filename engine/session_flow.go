package engine

import (
	"slices"
	"time"
	"unsafe"
)

// The steps and the reach of a session's flows. A session that is busy for half a
// day holds all of them, in 3 KiB; an idle one holds none for its idle time.
const (
	flowStep   = 10 * time.Second
	flowSteps  = 60 // of flowStep: ten minutes
	flowFactor = 90 // steps in a long one of 15 minutes
	longSteps  = 48 // long ones: twelve hours
)

// flows are the bytes that have gone by in a session, by when: in steps of
// flowStep for the last ten minutes, in steps of 15 minutes before. Steps in which
// nothing went by are not there.
type flows struct {
	last   flow   // the newest one, its step 0 when there is none
	recent []flow // those before it, oldest first, of flowSteps steps with it
	old    []flow // oldest first, of long steps
}

// flow is what went by in one step.
type flow struct {
	step    uint32 // of its length since 1970
	in, out uint64
}

// add adds what has gone by at the instant now.
func (f *flows) add(now time.Time, in, out uint64) {
	step := uint32(now.Unix() / int64(flowStep/time.Second))
	if f.last.step < step { // a clock may go back
		f.begin(step)
	}
	f.last.in += in
	f.last.out += out
}

// begin begins a new step.
func (f *flows) begin(step uint32) {
	if f.last.step > 0 {
		f.recent = append(f.recent, f.last)
	}
	past := 0
	for past < len(f.recent) && f.recent[past].step+flowSteps <= step {
		f.retire(f.recent[past])
		past++
	}
	f.recent = slices.Delete(f.recent, 0, past)
	f.last = flow{step: step}
}

// retire adds a step that is no longer recent to its long one.
func (f *flows) retire(one flow) {
	step := one.step / flowFactor
	if n := len(f.old); n > 0 && f.old[n-1].step == step {
		f.old[n-1].in += one.in
		f.old[n-1].out += one.out
		return
	}
	past := 0
	for past < len(f.old) && f.old[past].step+longSteps <= step {
		past++
	}
	f.old = append(slices.Delete(f.old, 0, past), flow{step, one.in, one.out})
}

// list returns the flows of a session that connected at the instant from, oldest
// first. They do not overlap: the last long step ends where the recent ones begin.
// The newest one may end after now.
func (f *flows) list(from time.Time) []FlowInfo {
	if f.last.step == 0 {
		return nil
	}
	list := make([]FlowInfo, 0, len(f.old)+len(f.recent)+1)
	add := func(one flow, step time.Duration, last time.Time) {
		begin := time.Unix(int64(one.step)*int64(step/time.Second), 0)
		end := begin.Add(step)
		if begin.Before(from) {
			begin = from
		}
		if end.After(last) {
			end = last
		}
		if end.After(begin) {
			list = append(list, FlowInfo{From: begin, To: end, In: one.in, Out: one.out})
		}
	}
	newest := time.Unix(int64(f.last.step)*int64(flowStep/time.Second), 0)
	for _, one := range f.old {
		add(one, flowFactor*flowStep, newest.Add(-(flowSteps-1)*flowStep))
	}
	for _, one := range f.recent {
		add(one, flowStep, newest.Add(flowStep))
	}
	add(f.last, flowStep, newest.Add(flowStep))
	return list
}

// bytes is the memory that they hold.
func (f *flows) bytes() int64 {
	return int64(cap(f.recent)+cap(f.old)) * int64(unsafe.Sizeof(flow{}))
}

// bookFlows books what has gone by in a session until now. The caller holds s.mu.
func bookFlows(s *Session, now time.Time) {
	in, out := s.seen.load.book(now, s.client.Events(), s.client.BytesRead(), s.client.BytesWritten())
	if in > 0 || out > 0 {
		s.seen.flows.add(now, in, out)
	}
}
