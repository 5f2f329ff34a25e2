package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// closedLoop opens the connections and lets all clients work until `total` operations are done, each with its next one
// as soon as the last has been answered. `client` makes what client n does for operation i.
func closedLoop(env *environment, client func(n int) (func(i int) error, error)) (result, error) {
	if err := env.dial(); err != nil {
		return result{}, err
	}
	work := make([]func(i int) error, env.clients)
	for n := range work {
		made, err := client(n)
		if err != nil {
			return result{}, err
		}
		work[n] = made
	}
	if err := env.ready(); err != nil {
		return result{}, err
	}
	began := time.Now()
	times, err := workAll(work, env.total)
	if err != nil {
		return result{}, err
	}
	took := time.Since(began).Seconds()
	outcome := latencies(times)
	outcome.Seconds, outcome.GeneratorCPUUs = took, env.generatorCPUUs()
	return outcome, nil
}

// workAll has the time of each operation; the first error ends all.
func workAll(work []func(i int) error, total int) ([]time.Duration, error) {
	var next atomic.Int64
	var failure atomic.Pointer[error]
	var done sync.WaitGroup
	times := make([][]time.Duration, len(work))
	for n := range work {
		done.Go(func() {
			for failure.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= total {
					return
				}
				start := time.Now()
				if err := work[n](i); err != nil {
					failure.Store(&err)
					return
				}
				times[n] = append(times[n], time.Since(start))
			}
		})
	}
	done.Wait()
	if err := failure.Load(); err != nil {
		return nil, *err
	}
	return slices.Concat(times...), nil
}
