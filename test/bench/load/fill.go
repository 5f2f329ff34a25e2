package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func init() { register("fill", fill) }

// fill puts --keys keys, PREFIX000000000 and on, --revisions times over, in transactions of --per-txn puts. The server
// needs --max-txn-ops of at least that.
func fill(args []string) (result, error) {
	flags := flag.NewFlagSet("fill", flag.ExitOnError)
	target := targetFlags(flags)
	prefix := flags.String("prefix", "fill/", "what every key begins with")
	keys := flags.Int("keys", 1000, "number of keys")
	valueSize := flags.Int("value-size", 256, "bytes of each value")
	revisions := flags.Int("revisions", 1, "how often each key is put")
	perTxn := flags.Int("per-txn", 100, "puts in one transaction")
	writers := flags.Int("writers", 8, "transactions under way at once")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	client, err := target.dial()
	if err != nil {
		return result{}, err
	}
	defer client.Close()

	began := time.Now()
	for revision := 0; revision < *revisions; revision++ {
		var next atomic.Int64
		var failed atomic.Value
		var group sync.WaitGroup
		for writer := 0; writer < *writers; writer++ {
			group.Add(1)
			go func() {
				defer group.Done()
				random := rand.New(rand.NewSource(int64(revision**writers + writer)))
				for failed.Load() == nil {
					first := int(next.Add(int64(*perTxn))) - *perTxn
					if first >= *keys {
						return
					}
					if err := putMany(client, *prefix, first, min(first+*perTxn, *keys), *valueSize, random); err != nil {
						failed.Store(err)
					}
				}
			}()
		}
		group.Wait()
		if err, ok := failed.Load().(error); ok {
			return result{}, err
		}
	}
	return result{Operations: *keys * *revisions, Seconds: time.Since(began).Seconds()}, nil
}

// putMany puts the keys [first, end) in one transaction, or with a put where there is one alone.
func putMany(client *clientv3.Client, prefix string, first, end, valueSize int, random *rand.Rand) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	puts := make([]clientv3.Op, 0, end-first)
	for key := first; key < end; key++ {
		puts = append(puts, clientv3.OpPut(numberedKey(prefix, key), randomValue(random, valueSize)))
	}
	if len(puts) == 1 {
		_, err := client.Do(ctx, puts[0])
		return err
	}
	_, err := client.Txn(ctx).Then(puts...).Commit()
	return err
}

func numberedKey(prefix string, number int) string { return fmt.Sprintf("%s%09d", prefix, number) }

// randomValue is not to be compressed, and cheap to make.
func randomValue(random *rand.Rand, size int) string {
	value := make([]byte, size)
	random.Read(value)
	return string(value)
}
