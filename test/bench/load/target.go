package main

import (
	"flag"
	"strings"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// target is where a load goes.
type target struct {
	urls *string
	tls  transport.TLSInfo
}

func targetFlags(flags *flag.FlagSet) *target {
	to := &target{urls: flags.String("endpoints", "http://127.0.0.1:2379", "client URLs, with commas between")}
	flags.StringVar(&to.tls.TrustedCAFile, "cacert", "", "authority of the servers")
	flags.StringVar(&to.tls.CertFile, "cert", "", "the client's certificate")
	flags.StringVar(&to.tls.KeyFile, "key", "", "the key of that")
	return to
}

func (to *target) endpoints() []string { return strings.Split(*to.urls, ",") }

// dial makes a client that spreads its requests over all endpoints.
func (to *target) dial() (*clientv3.Client, error) { return to.dialTo(to.endpoints()) }

func (to *target) dialTo(endpoints []string) (*clientv3.Client, error) {
	config := clientv3.Config{Endpoints: endpoints, DialTimeout: 10 * time.Second, Logger: zap.NewNop()}
	if to.tls.TrustedCAFile != "" {
		var err error
		if config.TLS, err = to.tls.ClientConfig(); err != nil {
			return nil, err
		}
	}
	return clientv3.New(config)
}

// dialMany makes clients with a connection each, to one endpoint after the other.
func (to *target) dialMany(count int) ([]*clientv3.Client, error) {
	endpoints := to.endpoints()
	clients := make([]*clientv3.Client, 0, count)
	for n := 0; n < count; n++ {
		client, err := to.dialTo([]string{endpoints[n%len(endpoints)]})
		if err != nil {
			closeAll(clients)
			return nil, err
		}
		clients = append(clients, client)
	}
	return clients, nil
}

func closeAll(clients []*clientv3.Client) {
	for _, client := range clients {
		client.Close()
	}
}
