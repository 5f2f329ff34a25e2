package main

import (
	"slices"
	"sync"
	"time"
)

// openLoop sends requests when they are due, however long earlier ones take: latency counts from the due time, so that a
// server that stands still is charged with all who would have come meanwhile.
type openLoop struct {
	began   time.Time
	stopped chan struct{}
	ended   sync.WaitGroup
	mutex   sync.Mutex
	answers answers
}

// answer is one request's: when it was due and when it was answered, since the beginning.
type answer struct {
	kind    string
	due, at time.Duration
	failed  bool
}

type answers []answer

// startOpenLoop sends request n at n/rate seconds, in a goroutine of its own. send tells the kind.
func startOpenLoop(rate int, send func(n int) (kind string, err error)) *openLoop {
	loop := &openLoop{began: time.Now(), stopped: make(chan struct{})}
	loop.ended.Add(1)
	go loop.run(time.Second/time.Duration(rate), send)
	return loop
}

func (loop *openLoop) run(interval time.Duration, send func(n int) (string, error)) {
	defer loop.ended.Done()
	for n := 0; ; {
		for ; time.Duration(n)*interval <= loop.elapsed(); n++ {
			loop.ended.Add(1)
			go loop.one(n, time.Duration(n)*interval, send)
		}
		select {
		case <-loop.stopped:
			return
		case <-time.After(time.Duration(n)*interval - loop.elapsed()):
		}
	}
}

func (loop *openLoop) one(n int, due time.Duration, send func(n int) (string, error)) {
	defer loop.ended.Done()
	kind, err := send(n)
	at := loop.elapsed()
	loop.mutex.Lock()
	loop.answers = append(loop.answers, answer{kind: kind, due: due, at: at, failed: err != nil})
	loop.mutex.Unlock()
}

func (loop *openLoop) elapsed() time.Duration { return time.Since(loop.began) }

// stop sends no more, and waits for all answers.
func (loop *openLoop) stop() {
	close(loop.stopped)
	loop.ended.Wait()
}

// window has the answers to requests that were due in [from, to).
func (loop *openLoop) window(from, to time.Duration) answers {
	loop.mutex.Lock()
	defer loop.mutex.Unlock()
	return loop.answers.where(func(each answer) bool { return each.due >= from && each.due < to })
}

func (all answers) where(holds func(answer) bool) answers {
	var found answers
	for _, each := range all {
		if holds(each) {
			found = append(found, each)
		}
	}
	return found
}

func (all answers) ofKind(kind string) answers {
	return all.where(func(each answer) bool { return each.kind == kind })
}

func (all answers) errors() int {
	return len(all.where(func(each answer) bool { return each.failed }))
}

// longestGapMs is the longest time in which no answer came.
func (all answers) longestGapMs() float64 {
	times := make([]time.Duration, 0, len(all))
	for _, each := range all {
		times = append(times, each.at)
	}
	slices.Sort(times)
	longest := time.Duration(0)
	for n := 1; n < len(times); n++ {
		longest = max(longest, times[n]-times[n-1])
	}
	return toMs(longest)
}

// result has the percentiles of the latency of requests, failed ones included.
func (all answers) result() result {
	waits := make([]time.Duration, 0, len(all))
	last, first := time.Duration(0), time.Duration(1<<62)
	for _, each := range all {
		waits = append(waits, each.at-each.due)
		last, first = max(last, each.at), min(first, each.due)
	}
	if len(waits) == 0 {
		return result{}
	}
	outcome := latencies(waits)
	outcome.Seconds = (last - first).Seconds()
	return outcome
}
