package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func init() { register("steady", steady) }

// steady puts and reads at a fixed rate, does one thing to the servers meanwhile (--action), and tells how long requests
// had to wait during that, and how long before. --clients and --total do not count.
func steady(args []string) (result, error) {
	flags := flag.NewFlagSet("steady", flag.ExitOnError)
	env := environmentFlags(flags)
	load := steadyLoad{}
	flags.StringVar(&load.prefix, "prefix", "steady/", "what every key begins with")
	flags.IntVar(&load.keys, "keys", 1000, "number of keys that are put and read")
	flags.IntVar(&load.valueSize, "value-size", 256, "bytes of each value")
	flags.IntVar(&load.putPercent, "put-percent", 50, "how many of the requests are puts")
	rate := flags.Int("rate", 1000, "requests a second, whether or not earlier ones are answered")
	before := flags.Duration("before", 3*time.Second, "load before the action")
	after := flags.Duration("after", time.Second, "load after the action")
	action := flags.String("action", "none", "compact, defragment, wait (for a line on stdin) or none")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	if err := env.dial(); err != nil {
		return result{}, err
	}
	if err := env.ready(); err != nil {
		return result{}, err
	}
	loop := startOpenLoop(*rate, func(n int) (string, error) {
		put := n*37%100 < load.putPercent
		return kindOf(put), load.request(env.conns[n%len(env.conns)], n, put)
	})
	time.Sleep(*before)
	from := loop.elapsed()
	actionErr := doAction(*action, env.conns[0], env.target.endpoints())
	to := loop.elapsed()
	time.Sleep(*after)
	loop.stop()
	if actionErr != nil {
		return result{}, fmt.Errorf("%s: %w", *action, actionErr)
	}
	outcome, err := loop.stallResult(from, to+*after)
	if err != nil {
		return result{}, err
	}
	outcome.GeneratorCPUUs = env.generatorCPUUs()
	outcome.Extra["actionMs"] = toMs(to - from)
	outcome.Extra["failures"] = float64(load.failures.Load())
	return outcome, nil
}

// stallResult has the latency of requests in [from, to), and as extra the longest stall and how it was before. Its
// operations are all requests, for CPU is that of all.
func (loop *openLoop) stallResult(from, to time.Duration) (result, error) {
	before := func(each answer) bool { return each.at < from }
	calm := loop.window(0, from).where(before).result()
	// A request that came shortly before may have had to wait as well.
	meanwhile := loop.window(max(0, from-100*time.Millisecond), to)
	outcome := meanwhile.result()
	if failed := meanwhile.errors(); failed > 0 {
		return result{}, fmt.Errorf("%d of %d requests never succeeded", failed, len(meanwhile))
	}
	all := loop.window(0, 1<<62).result()
	outcome.Operations, outcome.Seconds = all.Operations, all.Seconds
	outcome.Extra = map[string]float64{
		"longestStallMs": outcome.MaxMs, "longestSilenceMs": meanwhile.longestGapMs(),
		"calmP99Ms": calm.P99Ms, "calmMaxMs": calm.MaxMs,
	}
	return outcome, nil
}

func kindOf(put bool) string {
	if put {
		return "put"
	}
	return "read"
}

type steadyLoad struct {
	prefix                      string
	keys, valueSize, putPercent int
	failures                    atomic.Int64
}

// request is sent again when a server refuses it: what counts is how long its sender waits. An etcd that defragments its
// leader fails some.
func (load *steadyLoad) request(client *clientv3.Client, n int, put bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		err := load.once(ctx, client, n, put)
		if err == nil || ctx.Err() != nil {
			return err
		}
		load.failures.Add(1)
		time.Sleep(5 * time.Millisecond)
	}
}

func (load *steadyLoad) once(ctx context.Context, client *clientv3.Client, n int, put bool) error {
	key := numberedKey(load.prefix, n*7919%load.keys)
	if put {
		_, err := client.Put(ctx, key, randomValue(rand.New(rand.NewSource(int64(n))), load.valueSize))
		return err
	}
	_, err := client.Get(ctx, key)
	return err
}

// doAction returns when the servers say that it is done. Each defragments in turn.
func doAction(action string, client *clientv3.Client, endpoints []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	switch action {
	case "none":
		return nil
	case "wait":
		fmt.Println("steady")
		_, err := stdin.ReadString('\n')
		return err
	case "compact":
		now, err := client.Get(ctx, "compact")
		if err != nil {
			return err
		}
		_, err = client.Compact(ctx, now.Header.Revision, clientv3.WithCompactPhysical())
		return err
	case "defragment":
		for _, endpoint := range endpoints {
			if _, err := client.Defragment(ctx, endpoint); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.New("there is no such action")
}
