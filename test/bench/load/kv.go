package main

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

func init() {
	register("kubernetes-txn", kubernetesTxn)
	register("mixed", mixed)
	register("put", put)
	register("range", read)
}

// kubernetesTxn updates objects as kube-apiserver does: compare the modRevision, put, else get.
func kubernetesTxn(args []string) (result, error) {
	flags := flag.NewFlagSet("kubernetes-txn", flag.ExitOnError)
	env := environmentFlags(flags)
	valueSize := flags.Int("value-size", 1024, "bytes of an object")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	return closedLoop(env, func(n int) (func(int) error, error) {
		kv := env.kv(n)
		value := []byte(randomValue(rand.New(rand.NewSource(int64(n))), *valueSize))
		key := fmt.Appendf(nil, "/registry/pods/bench/pod-%06d", n)
		old, err := kv.Range(context.Background(), &pb.RangeRequest{Key: key})
		if err != nil {
			return nil, err
		}
		modRevision := int64(0)
		if len(old.Kvs) > 0 {
			modRevision = old.Kvs[0].ModRevision
		}
		return func(int) error {
			answer, err := kv.Txn(context.Background(), update(key, value, modRevision))
			if err != nil {
				return err
			}
			if !answer.Succeeded {
				return fmt.Errorf("%s was not at revision %d", key, modRevision)
			}
			modRevision = answer.Header.Revision
			return nil
		}, nil
	})
}

func update(key, value []byte, modRevision int64) *pb.TxnRequest {
	return &pb.TxnRequest{
		Compare: []*pb.Compare{{
			Key: key, Target: pb.Compare_MOD, Result: pb.Compare_EQUAL,
			TargetUnion: &pb.Compare_ModRevision{ModRevision: modRevision},
		}},
		Success: []*pb.RequestOp{{Request: &pb.RequestOp_RequestPut{
			RequestPut: &pb.PutRequest{Key: key, Value: value},
		}}},
		Failure: []*pb.RequestOp{{Request: &pb.RequestOp_RequestRange{
			RequestRange: &pb.RangeRequest{Key: key},
		}}},
	}
}

// mixed reads one key linearizably or puts one, of the keys that fill made.
func mixed(args []string) (result, error) {
	flags := flag.NewFlagSet("mixed", flag.ExitOnError)
	env := environmentFlags(flags)
	prefix := flags.String("prefix", "fill/", "what every key begins with")
	keys := flags.Int("keys", 10000, "how many keys there are")
	valueSize := flags.Int("value-size", 256, "bytes of each value")
	reads := flags.Int("reads", 90, "percentage of reads")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	return closedLoop(env, func(n int) (func(int) error, error) {
		kv := env.kv(n)
		random := rand.New(rand.NewSource(int64(n)))
		value := []byte(randomValue(random, *valueSize))
		return func(int) error {
			key := []byte(numberedKey(*prefix, random.Intn(*keys)))
			if random.Intn(100) < *reads {
				_, err := kv.Range(context.Background(), &pb.RangeRequest{Key: key})
				return err
			}
			_, err := kv.Put(context.Background(), &pb.PutRequest{Key: key, Value: value})
			return err
		}, nil
	})
}

// put puts random ones of 100,000 keys of 32 bytes, as etcd's benchmark does with `--key-size 32 --key-space-size 100000`.
func put(args []string) (result, error) {
	flags := flag.NewFlagSet("put", flag.ExitOnError)
	env := environmentFlags(flags)
	valueSize := flags.Int("value-size", 256, "bytes of each value")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	return closedLoop(env, func(n int) (func(int) error, error) {
		kv := env.kv(n)
		random := rand.New(rand.NewSource(int64(n)))
		value := []byte(randomValue(random, *valueSize))
		return func(int) error {
			key := make([]byte, 32)
			binary.PutVarint(key, int64(random.Intn(100_000)))
			_, err := kv.Put(context.Background(), &pb.PutRequest{Key: key, Value: value})
			return err
		}, nil
	})
}

// read reads one key or a range, again and again.
func read(args []string) (result, error) {
	flags := flag.NewFlagSet("range", flag.ExitOnError)
	env := environmentFlags(flags)
	key := flags.String("from", "fill/000000000", "the first key")
	end := flags.String("to", "", "the key after the last one; none: the first alone")
	isSerializable := flags.Bool("serializable", false, "from the member's own store")
	isCount := flags.Bool("count-only", false, "how many keys there are, no keys")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	request := &pb.RangeRequest{
		Key: []byte(*key), RangeEnd: []byte(*end), Serializable: *isSerializable, CountOnly: *isCount,
	}
	return closedLoop(env, func(n int) (func(int) error, error) {
		kv := env.kv(n)
		return func(int) error {
			_, err := kv.Range(context.Background(), request)
			return err
		}, nil
	})
}
