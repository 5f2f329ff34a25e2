package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
)

// environment is what every closed-loop load has: connections, how many clients share them, and the signal to begin.
type environment struct {
	target                      *target
	connections, clients, total int

	conns      []*clientv3.Client
	cpuAtReady float64
}

func environmentFlags(flags *flag.FlagSet) *environment {
	env := &environment{target: targetFlags(flags)}
	flags.IntVar(&env.connections, "conns", 1, "connections, spread over the members")
	flags.IntVar(&env.clients, "clients", 1, "clients, spread over the connections")
	flags.IntVar(&env.total, "total", 1000, "operations of all clients together")
	return env
}

// dial opens the connections and waits until each has answered a request.
func (e *environment) dial() error {
	conns, err := e.target.dialMany(e.connections)
	if err != nil {
		return err
	}
	e.conns = conns
	for n, conn := range conns {
		if _, err := conn.Get(context.Background(), "warm", clientv3.WithSerializable()); err != nil {
			return fmt.Errorf("connection %d: %w", n, err)
		}
	}
	return nil
}

// raw is the connection that client n uses, for calls without what clientv3 puts around them.
func (e *environment) raw(n int) *grpc.ClientConn {
	return e.conns[n%len(e.conns)].ActiveConnection()
}

func (e *environment) kv(n int) pb.KVClient { return pb.NewKVClient(e.raw(n)) }

var stdin = bufio.NewReader(os.Stdin)
var isMeasured = false

// ready says that all is set up, and waits until the measurement begins.
func (e *environment) ready() error {
	isMeasured = true
	fmt.Println("ready")
	_, err := stdin.ReadString('\n')
	e.cpuAtReady = cpuUs()
	return err
}

// generatorCPUUs is what this process used since the measurement began.
func (e *environment) generatorCPUUs() float64 { return cpuUs() - e.cpuAtReady }

// awaitEndOfMeasurement keeps the connections of a load that was measured.
func awaitEndOfMeasurement() {
	if isMeasured {
		_, _ = io.Copy(io.Discard, stdin)
	}
}

// cpuUs is what this process used so far, user and system.
func cpuUs() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	us := func(t syscall.Timeval) float64 { return float64(t.Sec)*1e6 + float64(t.Usec) }
	return us(usage.Utime) + us(usage.Stime)
}
