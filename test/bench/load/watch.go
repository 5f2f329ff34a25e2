package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

func init() { register("watch-fan-out", watchFanOut) }

// watchFanOut puts keys under watched prefixes. A put counts as done when all its watchers have its event, and at most
// `window` puts are under way. Operations are delivered events; times are from the put's call to an event's arrival.
func watchFanOut(args []string) (result, error) {
	flags := flag.NewFlagSet("watch-fan-out", flag.ExitOnError)
	env := environmentFlags(flags)
	watchers := flags.Int("watchers", 1000, "watchers in all")
	streams := flags.Int("streams", 10, "streams that they share, spread over the connections")
	prefixes := flags.Int("prefixes", 1, "prefixes that they are spread over")
	valueSize := flags.Int("value-size", 256, "bytes of each value")
	window := flags.Int("window", 4, "puts under way at once")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	if *watchers%*prefixes != 0 || *watchers%*streams != 0 || *valueSize < 16 {
		return result{}, errors.New("--watchers must be a multiple of --prefixes and of --streams, --value-size at least 16")
	}
	if err := env.dial(); err != nil {
		return result{}, err
	}
	fan := &fanOut{
		env: env, prefixes: *prefixes, perPut: int64(*watchers / *prefixes), arrived: make([]atomic.Int64, env.total),
		done: make(chan struct{}, *window), times: make([][]time.Duration, *streams),
	}
	if err := fan.watch(*watchers / *streams); err != nil {
		return result{}, err
	}
	if err := env.ready(); err != nil {
		return result{}, err
	}
	began := time.Now()
	if err := fan.putAll(*window, *valueSize); err != nil {
		return result{}, err
	}
	took := time.Since(began)
	fan.mutex.Lock() // and never unlocked: no stream adds to its times any more
	outcome := latencies(slices.Concat(fan.times...))
	outcome.Seconds, outcome.GeneratorCPUUs = took.Seconds(), env.generatorCPUUs()
	outcome.Extra = map[string]float64{"putsPerSecond": float64(env.total) / took.Seconds()}
	return outcome, nil
}

type fanOut struct {
	env      *environment
	prefixes int
	perPut   int64
	// How many watchers have the event of each put.
	arrived []atomic.Int64
	done    chan struct{}
	mutex   sync.RWMutex
	times   [][]time.Duration
}

// watch opens all streams with their watchers and waits until each has been created.
func (f *fanOut) watch(each int) error {
	for s := range f.times {
		stream, err := pb.NewWatchClient(f.env.raw(s)).Watch(context.Background())
		if err != nil {
			return err
		}
		for w := range each {
			prefix := watchedPrefix((s*each + w) % f.prefixes)
			end := prefix[:len(prefix)-1] + "0" // '0' follows '/'
			err := stream.Send(&pb.WatchRequest{RequestUnion: &pb.WatchRequest_CreateRequest{
				CreateRequest: &pb.WatchCreateRequest{Key: []byte(prefix), RangeEnd: []byte(end)},
			}})
			if err != nil {
				return err
			}
		}
		for range each {
			if answer, err := stream.Recv(); err != nil || !answer.Created {
				return fmt.Errorf("a watcher was not created: %v %v", answer, err)
			}
		}
		go f.receive(s, stream)
	}
	return nil
}

func watchedPrefix(n int) string { return fmt.Sprintf("watched/%04d/", n) }

// receive counts the events of one stream and times them.
func (f *fanOut) receive(s int, stream pb.Watch_WatchClient) {
	for {
		answer, err := stream.Recv()
		if err != nil {
			return
		}
		now := time.Now().UnixNano()
		for _, event := range answer.Events {
			sent := int64(binary.LittleEndian.Uint64(event.Kv.Value))
			put := binary.LittleEndian.Uint64(event.Kv.Value[8:])
			f.mutex.RLock()
			f.times[s] = append(f.times[s], time.Duration(now-sent))
			f.mutex.RUnlock()
			if f.arrived[put].Add(1) == f.perPut {
				f.done <- struct{}{}
			}
		}
	}
}

func (f *fanOut) putAll(window, valueSize int) error {
	random := rand.New(rand.NewSource(1))
	underWay := 0
	for i := range f.env.total {
		for ; underWay >= window; underWay-- {
			if err := f.wait(); err != nil {
				return err
			}
		}
		value := []byte(randomValue(random, valueSize))
		binary.LittleEndian.PutUint64(value, uint64(time.Now().UnixNano()))
		binary.LittleEndian.PutUint64(value[8:], uint64(i))
		key := fmt.Appendf(nil, "%s%06d", watchedPrefix(i%f.prefixes), i%1000)
		if _, err := f.env.kv(i).Put(context.Background(), &pb.PutRequest{Key: key, Value: value}); err != nil {
			return err
		}
		underWay++
	}
	for ; underWay > 0; underWay-- {
		if err := f.wait(); err != nil {
			return err
		}
	}
	return nil
}

// wait returns when all watchers have the event of one put.
func (f *fanOut) wait() error {
	select {
	case <-f.done:
		return nil
	case <-time.After(time.Minute):
		return errors.New("events were lost: no put reached all its watchers for a minute")
	}
}
