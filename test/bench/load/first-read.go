package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/url"
	"time"
)

func init() { register("first-read", firstRead) }

// firstRead waits until a server that is starting answers one linearizable read, and tells when that was: extra.unixMs.
func firstRead(args []string) (result, error) {
	flags := flag.NewFlagSet("first-read", flag.ExitOnError)
	target := targetFlags(flags)
	read := flags.String("read", "first-read", "the key that is read")
	timeout := flags.Duration("timeout", 2*time.Minute, "when to give up")
	if err := flags.Parse(args); err != nil {
		return result{}, err
	}
	began := time.Now()
	deadline := began.Add(*timeout)
	if err := waitForPort(target.endpoints()[0], deadline); err != nil {
		return result{}, err
	}
	client, err := target.dial()
	if err != nil {
		return result{}, err
	}
	defer client.Close()
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Until(deadline))
		_, err := client.Get(ctx, *read)
		cancel()
		now := time.Now()
		if err == nil {
			unixMs := float64(now.UnixMicro()) / 1000
			return result{Operations: 1, Seconds: now.Sub(began).Seconds(), Extra: map[string]float64{"unixMs": unixMs}}, nil
		}
		if now.After(deadline) {
			return result{}, fmt.Errorf("no answer in %v: %w", *timeout, err)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// waitForPort spares the client's own growing pauses between attempts to connect.
func waitForPort(endpoint string, deadline time.Time) error {
	address, err := url.Parse(endpoint)
	if err != nil {
		return err
	}
	for {
		connection, err := net.DialTimeout("tcp", address.Host, time.Second)
		if err == nil {
			return connection.Close()
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}
