package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"sync"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

func init() { register("kubernetes-profile", kubernetesProfile) }

// kubernetesProfile is what the API servers of a cluster of --nodes do for `total` requests, at the rate at which they
// come: each node's lease is renewed every 10 s, pods are made, change four times and go, and every API server watches
// every resource. Half of the requests that are not renewals are of pods.
func kubernetesProfile(args []string) (result, error) {
	flags := flag.NewFlagSet("kubernetes-profile", flag.ExitOnError)
	env := environmentFlags(flags)
	nodes := flags.Int("nodes", 5000, "nodes that renew their leases")
	podsPerSecond := flags.Int("pods-per-second", 20, "pods that are made and deleted")
	apiServers := flags.Int("api-servers", 3, "servers that watch every resource")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	if err := env.dial(); err != nil {
		return result{}, err
	}
	profile := newProfile(env, *nodes)
	if err := profile.createLeases(); err != nil {
		return result{}, err
	}
	profile.watchAll(*apiServers)
	if err := env.ready(); err != nil {
		return result{}, err
	}
	renewals := *nodes / renewalSeconds
	podRequests := *podsPerSecond * len(podSteps)
	rate := renewals + podRequests
	loop := startOpenLoop(rate, func(n int) (string, error) {
		// Renewals and requests of pods are spread evenly: n-th of rate.
		before, now := n*renewals/rate, (n+1)*renewals/rate
		if now > before {
			return "renewal", profile.renew(now - 1)
		}
		return "pod", profile.stepPod(n - before)
	})
	time.Sleep(time.Duration(float64(env.total) / float64(rate) * float64(time.Second)))
	loop.stop()
	all := loop.window(0, 1<<62)
	if failed := all.errors(); failed > 0 {
		return result{}, fmt.Errorf("%d of %d requests failed: %v", failed, len(all), profile.failure.Load())
	}
	outcome := all.result()
	outcome.GeneratorCPUUs = env.generatorCPUUs()
	outcome.Extra = map[string]float64{
		"renewalP99Ms": all.ofKind("renewal").result().P99Ms, "podP99Ms": all.ofKind("pod").result().P99Ms,
		"eventsPerRequest": float64(profile.events.Load()) / float64(outcome.Operations),
	}
	return outcome, nil
}

const renewalSeconds = 10

// What kube-apiserver sends about one pod, by the size of the object after it; 0 deletes it.
var podSteps = []int{5 << 10, 6 << 10, 7 << 10, 8 << 10, 10 << 10, 0}

// podsUnderWay are as many pods as are between creation and deletion at any time: the requests of one must not overtake
// each other.
const podsUnderWay = 200

var resources = []string{
	"pods", "leases/kube-node-lease", "minions", "services/specs", "services/endpoints", "endpointslices", "configmaps",
	"secrets", "serviceaccounts", "namespaces", "events", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs",
	"cronjobs", "persistentvolumes", "persistentvolumeclaims", "storageclasses", "csinodes", "csidrivers", "volumeattachments",
	"ingress", "networkpolicies", "roles", "rolebindings", "clusterroles", "clusterrolebindings", "priorityclasses",
	"poddisruptionbudgets", "horizontalpodautoscalers", "limitranges", "resourcequotas", "controllerrevisions", "podtemplates",
	"mutatingwebhookconfigurations", "validatingwebhookconfigurations", "flowschemas", "prioritylevelconfigurations",
}

// object is a key whose requests come one after the other.
type object struct {
	mutex       sync.Mutex
	modRevision int64
	step        int
	life        int
}

type profile struct {
	env     *environment
	leases  []object
	pods    []object
	values  [][]byte
	events  atomic.Int64
	failure atomic.Value
}

func newProfile(env *environment, nodes int) *profile {
	random := rand.New(rand.NewSource(1))
	made := &profile{env: env, leases: make([]object, nodes), pods: make([]object, podsUnderWay)}
	for range 64 {
		made.values = append(made.values, []byte(randomValue(random, 10<<10)))
	}
	return made
}

func (p *profile) value(n, size int) []byte { return p.values[n%len(p.values)][:size] }

func (p *profile) createLeases() error {
	work := make([]func(i int) error, max(1, p.env.clients))
	for n := range work {
		work[n] = func(i int) error { return p.renew(i) }
	}
	_, err := workAll(work, len(p.leases))
	return err
}

// renew writes the lease of a node if nobody else has: 400 to 600 bytes.
func (p *profile) renew(n int) error {
	node := n % len(p.leases)
	key := fmt.Appendf(nil, "/registry/leases/kube-node-lease/node-%05d", node)
	lease := &p.leases[node]
	lease.mutex.Lock()
	defer lease.mutex.Unlock()
	return p.write(node, key, lease, p.value(n, 400+n%200))
}

// stepPod sends the next request about one of the pods.
func (p *profile) stepPod(n int) error {
	pod := &p.pods[n%len(p.pods)]
	pod.mutex.Lock()
	defer pod.mutex.Unlock()
	key := fmt.Appendf(nil, "/registry/pods/namespace-%02d/pod-%04d-%06d", n%20, n%len(p.pods), pod.life)
	size := podSteps[pod.step]
	var value []byte
	if size > 0 {
		value = p.value(n, size)
	}
	if err := p.write(n, key, pod, value); err != nil {
		return err
	}
	if pod.step++; pod.step == len(podSteps) {
		pod.step, pod.modRevision = 0, 0
		pod.life++
	}
	return nil
}

// write is an optimistic update or, without a value, deletion.
func (p *profile) write(n int, key []byte, object *object, value []byte) error {
	request := update(key, value, object.modRevision)
	if value == nil {
		request.Success = []*pb.RequestOp{{Request: &pb.RequestOp_RequestDeleteRange{
			RequestDeleteRange: &pb.DeleteRangeRequest{Key: key},
		}}}
	}
	if object.modRevision == 0 {
		request.Failure = nil // a creation asks for nothing
	}
	answer, err := p.env.kv(n).Txn(context.Background(), request)
	if err == nil && !answer.Succeeded {
		err = fmt.Errorf("%s was not at revision %d", key, object.modRevision)
	}
	if err != nil {
		p.failure.Store(err)
		return err
	}
	object.modRevision = answer.Header.Revision
	return nil
}

// watchAll opens a watch for each resource of each API server, with the previous value and progress notifications.
func (p *profile) watchAll(apiServers int) {
	for server := range apiServers {
		for r, resource := range resources {
			client := p.env.conns[(server+r)%len(p.env.conns)]
			events := client.Watch(clientv3.WithRequireLeader(context.Background()), "/registry/"+resource+"/",
				clientv3.WithPrefix(), clientv3.WithPrevKV(), clientv3.WithProgressNotify(), clientv3.WithCreatedNotify())
			<-events
			go func() {
				for answer := range events {
					p.events.Add(int64(len(answer.Events)))
				}
			}()
		}
	}
}
