// The Go client go.etcd.io/etcd/client/v3, over mTLS: prints `ok NAME` or `FAIL NAME: why` for each test.
//
// ENDPOINTS (comma-separated), CA_FILE, CERT_FILE and KEY_FILE are in the environment.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

type check func(ctx context.Context, client *clientv3.Client) error

func main() {
	info := transport.TLSInfo{
		CertFile: os.Getenv("CERT_FILE"), KeyFile: os.Getenv("KEY_FILE"), TrustedCAFile: os.Getenv("CA_FILE"),
	}
	config, err := info.ClientConfig()
	if err != nil {
		panic(err)
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: strings.Split(os.Getenv("ENDPOINTS"), ","), TLS: config, DialTimeout: 5 * time.Second,
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	if len(os.Args) == 2 && os.Args[1] == "hash" {
		printHash(client)
		return
	}
	tests := []struct {
		name string
		run  check
	}{
		{"put and get", putAndGet}, {"range options", rangeOptions}, {"stream of a range", getStream}, {"delete", deletes}, {"nested transaction", transaction},
		{"watch", watch}, {"watch of a compacted revision", compactedWatch}, {"watch progress", progress},
		{"lease", lease}, {"errors by code", errorCodes}, {"mutex", mutex}, {"election", election},
		{"software transactional memory", memory}, {"cluster and maintenance", maintenance},
	}
	failed := false
	for _, test := range tests {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if err := test.run(ctx, client); err != nil {
			failed = true
			fmt.Printf("FAIL %s: %v\n", test.name, err)
		} else {
			fmt.Printf("ok %s\n", test.name)
		}
		cancel()
	}
	if failed {
		os.Exit(1)
	}
}

// printHash prints what Maintenance.Hash answers: etcdctl has no command for it.
func printHash(client *clientv3.Client) {
	answer, err := pb.NewMaintenanceClient(client.ActiveConnection()).Hash(context.Background(), &pb.HashRequest{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(answer.Hash)
}

// expect is an error unless got is want.
func expect(what string, got, want any) error {
	if fmt.Sprint(got) == fmt.Sprint(want) {
		return nil
	}
	return fmt.Errorf("%s is %v, not %v", what, got, want)
}

func putAndGet(ctx context.Context, c *clientv3.Client) error {
	first, err := c.Put(ctx, "go/a", "one")
	if err != nil {
		return err
	}
	second, err := c.Put(ctx, "go/a", "two", clientv3.WithPrevKV())
	if err != nil {
		return err
	}
	got, err := c.Get(ctx, "go/a", clientv3.WithRev(first.Header.Revision))
	if err != nil {
		return err
	}
	return errors.Join(
		expect("previous value", string(second.PrevKv.Value), "one"),
		expect("old value", string(got.Kvs[0].Value), "one"),
		expect("revision", second.Header.Revision, first.Header.Revision+1),
	)
}

func rangeOptions(ctx context.Context, c *clientv3.Client) error {
	for _, key := range []string{"x", "y", "z"} {
		if _, err := c.Put(ctx, "go/r/"+key, key); err != nil {
			return err
		}
	}
	page, err := c.Get(ctx, "go/r/", clientv3.WithPrefix(), clientv3.WithLimit(2))
	if err != nil {
		return err
	}
	last, err := c.Get(ctx, "go/r/", clientv3.WithLastKey()...)
	if err != nil {
		return err
	}
	count, err := c.Get(ctx, "go/r/", clientv3.WithPrefix(), clientv3.WithCountOnly(), clientv3.WithSerializable())
	if err != nil {
		return err
	}
	return errors.Join(
		expect("page", len(page.Kvs), 2), expect("more", page.More, true), expect("count", page.Count, 3),
		expect("last key", string(last.Kvs[0].Key), "go/r/z"), expect("count only", count.Count, 3),
	)
}

func getStream(ctx context.Context, c *clientv3.Client) error {
	for n := 0; n < 100; n++ {
		if _, err := c.Put(ctx, fmt.Sprintf("go/stream/%03d", n), strings.Repeat("v", 100)); err != nil {
			return err
		}
	}
	stream, err := c.GetStream(ctx, "go/stream/", clientv3.WithPrefix())
	if err != nil {
		return err
	}
	whole, err := clientv3.GetStreamToGetResponse(stream)
	if err != nil {
		return err
	}
	return errors.Join(expect("keys", len(whole.Kvs), 100), expect("count", whole.Count, 100), expect("more", whole.More, false))
}

func deletes(ctx context.Context, c *clientv3.Client) error {
	if _, err := c.Put(ctx, "go/d/1", "x"); err != nil {
		return err
	}
	gone, err := c.Delete(ctx, "go/d/", clientv3.WithPrefix(), clientv3.WithPrevKV())
	if err != nil {
		return err
	}
	return errors.Join(expect("deleted", gone.Deleted, 1), expect("value", string(gone.PrevKvs[0].Value), "x"))
}

func transaction(ctx context.Context, c *clientv3.Client) error {
	if _, err := c.Put(ctx, "go/t", "1"); err != nil {
		return err
	}
	inner := clientv3.OpTxn(
		[]clientv3.Cmp{clientv3.Compare(clientv3.Value("go/t"), "=", "1")},
		[]clientv3.Op{clientv3.OpPut("go/t2", "inner")}, nil,
	)
	result, err := c.Txn(ctx).
		If(clientv3.Compare(clientv3.Version("go/t"), ">", 0), clientv3.Compare(clientv3.CreateRevision("go/none"), "=", 0)).
		Then(inner, clientv3.OpGet("go/t2"), clientv3.OpDelete("go/t")).Commit()
	if err != nil {
		return err
	}
	return errors.Join(
		expect("succeeded", result.Succeeded, true),
		expect("inner", result.Responses[0].GetResponseTxn().Succeeded, true),
		expect("read", string(result.Responses[1].GetResponseRange().Kvs[0].Value), "inner"),
		expect("deleted", result.Responses[2].GetResponseDeleteRange().Deleted, 1),
	)
}

func watch(ctx context.Context, c *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := c.Watch(clientv3.WithRequireLeader(ctx), "go/w/", clientv3.WithPrefix(), clientv3.WithPrevKV())
	for _, step := range []func() error{
		func() error { _, err := c.Put(ctx, "go/w/a", "1"); return err },
		func() error { _, err := c.Put(ctx, "go/w/a", "2"); return err },
		func() error { _, err := c.Delete(ctx, "go/w/a"); return err },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	seen := ""
	for response := range events {
		for _, event := range response.Events {
			seen += fmt.Sprintf("%s %s;", event.Type, event.Kv.Value)
			if event.Type == clientv3.EventTypeDelete {
				return expect("events", seen+string(event.PrevKv.Value), "PUT 1;PUT 2;DELETE ;2")
			}
		}
	}
	return errors.New("the watch ended early, after " + seen)
}

func compactedWatch(ctx context.Context, c *clientv3.Client) error {
	put, err := c.Put(ctx, "go/c", "x")
	if err != nil {
		return err
	}
	if _, err := c.Compact(ctx, put.Header.Revision, clientv3.WithCompactPhysical()); err != nil {
		return err
	}
	response := <-c.Watch(ctx, "go/c", clientv3.WithRev(1))
	return errors.Join(
		expect("error", response.Err(), rpctypes.ErrCompacted),
		expect("compact revision", response.CompactRevision, put.Header.Revision),
	)
}

func progress(ctx context.Context, c *clientv3.Client) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := c.Watch(ctx, "go/progress", clientv3.WithCreatedNotify())
	if created := <-events; !created.Created {
		return errors.New("the first response is not Created")
	}
	put, err := c.Put(ctx, "go/elsewhere", "x")
	if err != nil {
		return err
	}
	// The watch's member may be behind the one that took the put: it has to get there.
	for {
		if err := c.RequestProgress(ctx); err != nil {
			return err
		}
		response := <-events
		if err := errors.Join(response.Err(), expect("progress", response.IsProgressNotify(), true)); err != nil {
			return err
		}
		if response.Header.Revision >= put.Header.Revision {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func lease(ctx context.Context, c *clientv3.Client) error {
	granted, err := c.Grant(ctx, 2)
	if err != nil {
		return err
	}
	if _, err := c.Put(ctx, "go/leased", "x", clientv3.WithLease(granted.ID)); err != nil {
		return err
	}
	alive, cancel := context.WithCancel(ctx)
	renewals, err := c.KeepAlive(alive, granted.ID)
	if err != nil {
		cancel()
		return err
	}
	for n := 0; n < 3; n++ {
		if renewal, open := <-renewals; !open || renewal.TTL != 2 {
			cancel()
			return fmt.Errorf("renewal %d: %v", n, renewal)
		}
	}
	cancel()
	info, err := c.TimeToLive(ctx, granted.ID, clientv3.WithAttachedKeys())
	if err != nil {
		return err
	}
	time.Sleep(4500 * time.Millisecond)
	got, err := c.Get(ctx, "go/leased")
	if err != nil {
		return err
	}
	return errors.Join(expect("keys", string(info.Keys[0]), "go/leased"), expect("after expiry", got.Count, 0))
}

func errorCodes(ctx context.Context, c *clientv3.Client) error {
	_, future := c.Get(ctx, "x", clientv3.WithRev(1<<40))
	_, noLease := c.Put(ctx, "x", "y", clientv3.WithLease(99))
	_, noKey := c.Put(ctx, "", "y")
	_, twice := c.Txn(ctx).Then(clientv3.OpPut("x", "1"), clientv3.OpPut("x", "2")).Commit()
	_, noMember := c.MemberRemove(ctx, 1)
	return errors.Join(
		expect("error", future, rpctypes.ErrFutureRev), expect("error", noLease, rpctypes.ErrLeaseNotFound),
		expect("error", noKey, rpctypes.ErrEmptyKey), expect("error", twice, rpctypes.ErrDuplicateKey),
		expect("error", noMember, rpctypes.ErrMemberNotFound),
	)
}

func mutex(ctx context.Context, c *clientv3.Client) error {
	first, err := concurrency.NewSession(c, concurrency.WithTTL(5))
	if err != nil {
		return err
	}
	defer first.Close()
	second, err := concurrency.NewSession(c, concurrency.WithTTL(5))
	if err != nil {
		return err
	}
	defer second.Close()
	one, two := concurrency.NewMutex(first, "go/mutex"), concurrency.NewMutex(second, "go/mutex")
	if err := one.Lock(ctx); err != nil {
		return err
	}
	busy := two.TryLock(ctx)
	if err := one.Unlock(ctx); err != nil {
		return err
	}
	return errors.Join(expect("try", busy, concurrency.ErrLocked), two.Lock(ctx), two.Unlock(ctx))
}

func election(ctx context.Context, c *clientv3.Client) error {
	session, err := concurrency.NewSession(c, concurrency.WithTTL(5))
	if err != nil {
		return err
	}
	defer session.Close()
	elected := concurrency.NewElection(session, "go/election")
	if err := elected.Campaign(ctx, "captain"); err != nil {
		return err
	}
	leader, err := elected.Leader(ctx)
	if err != nil {
		return err
	}
	if err := elected.Resign(ctx); err != nil {
		return err
	}
	_, none := elected.Leader(ctx)
	return errors.Join(
		expect("leader", string(leader.Kvs[0].Value), "captain"), expect("then", none, concurrency.ErrElectionNoLeader),
	)
}

func memory(ctx context.Context, c *clientv3.Client) error {
	if _, err := c.Put(ctx, "go/stm", ""); err != nil {
		return err
	}
	done := make(chan error)
	for n := 0; n < 10; n++ {
		go func() {
			_, err := concurrency.NewSTM(c, func(stm concurrency.STM) error {
				stm.Put("go/stm", stm.Get("go/stm")+"x")
				return nil
			}, concurrency.WithAbortContext(ctx))
			done <- err
		}()
	}
	for n := 0; n < 10; n++ {
		if err := <-done; err != nil {
			return err
		}
	}
	got, err := c.Get(ctx, "go/stm")
	if err != nil {
		return err
	}
	return expect("value", string(got.Kvs[0].Value), "xxxxxxxxxx")
}

func maintenance(ctx context.Context, c *clientv3.Client) error {
	members, err := c.MemberList(ctx)
	if err != nil {
		return err
	}
	problems := []error{expect("members", len(members.Members), 3)}
	for _, endpoint := range c.Endpoints() {
		status, err := c.Status(ctx, endpoint)
		if err != nil {
			return err
		}
		hash, err := c.HashKV(ctx, endpoint, 0)
		if err != nil {
			return err
		}
		problems = append(problems, expect("version", status.Version, "3.7.3"), expect("hash is 0", hash.Hash == 0, false))
	}
	snapshot, err := c.SnapshotWithVersion(ctx)
	if err != nil {
		return err
	}
	size, err := io.Copy(io.Discard, snapshot.Snapshot)
	return errors.Join(append(problems, err, expect("rest after 512-byte blocks: a SHA-256", size%512, 32))...)
}
