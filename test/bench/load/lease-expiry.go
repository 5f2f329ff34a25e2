package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func init() { register("lease-expiry", leaseExpiry) }

// leaseExpiry grants `total` leases with a key each, lets all of them end at once, and tells how long it takes until all
// keys are gone, and what others wait meanwhile. --rate is that of the others' requests.
func leaseExpiry(args []string) (result, error) {
	flags := flag.NewFlagSet("lease-expiry", flag.ExitOnError)
	env := environmentFlags(flags)
	ttl := flags.Duration("ttl", 20*time.Second, "time to live of the leases, at least as long as it takes to grant them")
	rate := flags.Int("rate", 500, "requests of others a second")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	if err := env.dial(); err != nil {
		return result{}, err
	}
	leases, err := grantWithKeys(env, int64(ttl.Seconds()))
	if err != nil {
		return result{}, err
	}
	gone := watchDeletions(env.conns[0], len(leases))
	if err := keepAliveAll(env, leases); err != nil {
		return result{}, err
	}
	renewed := time.Now()
	if err := env.ready(); err != nil {
		return result{}, err
	}
	const lead = time.Second
	time.Sleep(time.Until(renewed.Add(*ttl - lead)))
	others := steadyLoad{prefix: "steady/", keys: 1000, valueSize: 256, putPercent: 50}
	loop := startOpenLoop(*rate, func(n int) (string, error) {
		return "", others.request(env.conns[n%len(env.conns)], n, n%2 == 0)
	})
	err = <-gone
	at := loop.elapsed()
	time.Sleep(time.Second)
	loop.stop()
	if err != nil {
		return result{}, err
	}
	outcome, err := loop.stallResult(lead, at+time.Second)
	if err != nil {
		return result{}, err
	}
	outcome.Extra["othersStallMs"] = outcome.Extra["longestStallMs"]
	delete(outcome.Extra, "longestStallMs") // which is the name of stalls that have a target
	outcome.Extra["allGoneMs"] = toMs(time.Since(renewed.Add(*ttl)) - (loop.elapsed() - at))
	outcome.Operations, outcome.Seconds, outcome.GeneratorCPUUs = len(leases), (at - lead).Seconds(), env.generatorCPUUs()
	return outcome, nil
}

func grantWithKeys(env *environment, ttlSeconds int64) ([]clientv3.LeaseID, error) {
	leases := make([]clientv3.LeaseID, env.total)
	work := make([]func(i int) error, env.clients)
	for n := range work {
		client := env.conns[n%len(env.conns)]
		work[n] = func(i int) error {
			granted, err := client.Grant(context.Background(), ttlSeconds)
			if err != nil {
				return err
			}
			leases[i] = granted.ID
			_, err = client.Put(context.Background(), "leased/"+strconv.Itoa(i), "x", clientv3.WithLease(granted.ID))
			return err
		}
	}
	_, err := workAll(work, env.total)
	return leases, err
}

// watchDeletions says when so many of the keys are gone.
func watchDeletions(client *clientv3.Client, count int) <-chan error {
	gone := make(chan error, 1)
	ctx := clientv3.WithRequireLeader(context.Background())
	events := client.Watch(ctx, "leased/", clientv3.WithPrefix(), clientv3.WithFilterPut(), clientv3.WithCreatedNotify())
	<-events
	go func() {
		for answer := range events {
			if err := answer.Err(); err != nil {
				gone <- err
				return
			}
			if count -= len(answer.Events); count <= 0 {
				gone <- nil
				return
			}
		}
	}()
	return gone
}

// keepAliveAll renews all leases once, as close together as the streams of the connections let it.
func keepAliveAll(env *environment, leases []clientv3.LeaseID) error {
	var group sync.WaitGroup
	failures := make(chan error, len(env.conns))
	for c := range env.conns {
		group.Go(func() {
			if err := keepAliveOver(env, c, leases); err != nil {
				failures <- err
			}
		})
	}
	group.Wait()
	close(failures)
	return <-failures
}

// keepAliveOver renews every n-th lease over connection c.
func keepAliveOver(env *environment, c int, leases []clientv3.LeaseID) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := pb.NewLeaseClient(env.raw(c)).LeaseKeepAlive(ctx)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		for n := c; n < len(leases); n += len(env.conns) {
			if err := stream.Send(&pb.LeaseKeepAliveRequest{ID: int64(leases[n])}); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for n := c; n < len(leases); n += len(env.conns) {
		answer, err := stream.Recv()
		if err != nil {
			return err
		}
		if answer.TTL <= 0 {
			return fmt.Errorf("lease %x ended before all were granted: --ttl is too short", answer.ID)
		}
	}
	return <-sent
}
