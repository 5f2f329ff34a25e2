package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync/atomic"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
)

func init() { register("list", list) }

// maxAnswer is as much as a list may bring at once: etcd's client for Go has no other limit either.
const maxAnswer = 1<<31 - 1

// list reads all keys of a prefix `total` times as kube-apiserver does: in pages of --limit at the revision of the first,
// or whole. Operations are keys; times are those of one request.
func list(args []string) (result, error) {
	flags := flag.NewFlagSet("list", flag.ExitOnError)
	env := environmentFlags(flags)
	prefix := flags.String("prefix", "fill/", "what the keys begin with")
	keys := flags.Int("keys", 50000, "how many they are")
	limit := flags.Int64("limit", 0, "keys in a page; 0 reads all at once")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	var listed atomic.Int64
	outcome, err := closedLoop(env, func(n int) (func(int) error, error) {
		kv := env.kv(n)
		next := []byte(*prefix)
		end := []byte((*prefix)[:len(*prefix)-1] + "0") // '0' follows '/'
		revision, seen := int64(0), 0
		return func(int) error {
			answer, err := kv.Range(context.Background(),
				&pb.RangeRequest{Key: next, RangeEnd: end, Limit: *limit, Revision: revision},
				grpc.MaxCallRecvMsgSize(maxAnswer))
			if err != nil {
				return err
			}
			listed.Add(int64(len(answer.Kvs)))
			seen += len(answer.Kvs)
			if answer.More {
				next = append(slices.Clone(answer.Kvs[len(answer.Kvs)-1].Key), 0)
				revision = max(revision, answer.Header.Revision)
				return nil
			}
			if seen != *keys {
				return fmt.Errorf("%d keys instead of %d", seen, *keys)
			}
			next, revision, seen = []byte(*prefix), 0, 0
			return nil
		}, nil
	})
	outcome.Operations = int(listed.Load())
	return outcome, err
}
