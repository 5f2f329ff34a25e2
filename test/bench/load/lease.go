package main

import (
	"context"
	"flag"
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

func init() {
	register("lease-grant", leaseGrant)
	register("lease-keepalive", leaseKeepAlive)
}

const leaseTTLSeconds = 3600

func leaseGrant(args []string) (result, error) {
	flags := flag.NewFlagSet("lease-grant", flag.ExitOnError)
	env := environmentFlags(flags)
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	return closedLoop(env, func(n int) (func(int) error, error) {
		leases := pb.NewLeaseClient(env.raw(n))
		return func(int) error {
			_, err := leases.LeaseGrant(context.Background(), &pb.LeaseGrantRequest{TTL: leaseTTLSeconds})
			return err
		}, nil
	})
}

// leaseKeepAlive keeps one lease a client alive, over a stream that stays open as clients keep theirs. (etcd's own
// benchmark opens a stream for each keep-alive.)
func leaseKeepAlive(args []string) (result, error) {
	flags := flag.NewFlagSet("lease-keepalive", flag.ExitOnError)
	env := environmentFlags(flags)
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	return closedLoop(env, func(n int) (func(int) error, error) {
		leases := pb.NewLeaseClient(env.raw(n))
		granted, err := leases.LeaseGrant(context.Background(), &pb.LeaseGrantRequest{TTL: leaseTTLSeconds})
		if err != nil {
			return nil, err
		}
		stream, err := leases.LeaseKeepAlive(context.Background())
		if err != nil {
			return nil, err
		}
		return func(int) error {
			if err := stream.Send(&pb.LeaseKeepAliveRequest{ID: granted.ID}); err != nil {
				return err
			}
			answer, err := stream.Recv()
			if err == nil && answer.TTL <= 0 {
				err = fmt.Errorf("lease %x is gone", granted.ID)
			}
			return err
		}, nil
	})
}
