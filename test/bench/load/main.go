// Loads that etcd's own generator has not, on etcd's client for Go.
//
//	load NAME --endpoints URL,… [--cacert FILE --cert FILE --key FILE] [FLAGS OF NAME]
//
// Prints one line of JSON: operations, seconds, p50Ms, p99Ms, p999Ms, maxMs, generatorCpuUs, extra. A load that is to be
// measured from outside prints `ready` first and waits for a line on stdin; after its result it keeps its connections
// until stdin ends, so that what their end costs is not measured.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

type result struct {
	Operations int     `json:"operations"`
	Seconds    float64 `json:"seconds"`
	P50Ms      float64 `json:"p50Ms"`
	P99Ms      float64 `json:"p99Ms"`
	P999Ms     float64 `json:"p999Ms"`
	MaxMs      float64 `json:"maxMs"`
	// What this process used between ready and the end: the generator's share of the machine.
	GeneratorCPUUs float64            `json:"generatorCpuUs,omitempty"`
	Extra          map[string]float64 `json:"extra,omitempty"`
}

type load func(args []string) (result, error)

var loads = map[string]load{}

// register is called by the init of each load's file.
func register(name string, run load) { loads[name] = run }

func main() {
	if len(os.Args) < 2 || loads[os.Args[1]] == nil {
		names := make([]string, 0, len(loads))
		for name := range loads {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Fprintf(os.Stderr, "load: name one of %s\n", strings.Join(names, ", "))
		os.Exit(2)
	}
	outcome, err := loads[os.Args[1]](os.Args[2:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "load %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcome); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	awaitEndOfMeasurement()
}

// latencies sorts waits, and has their number and percentiles.
func latencies(waits []time.Duration) result {
	if len(waits) == 0 {
		return result{}
	}
	slices.Sort(waits)
	at := func(share float64) float64 { return toMs(waits[min(len(waits)-1, int(share*float64(len(waits))))]) }
	return result{Operations: len(waits), P50Ms: at(0.5), P99Ms: at(0.99), P999Ms: at(0.999), MaxMs: at(1)}
}

func toMs(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1000 }
