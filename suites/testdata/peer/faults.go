package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// fault is one way to be wrong that can be switched on by name. It breaks a
// single clause, which requirement names, so that a suite can be asked not only
// whether it saw something but whether it saw that.
type fault struct {
	name        string // vendor/kebab-name
	requirement string
	sentence    string
}

// faults is the set of those that are switched on.
type faults map[string]bool

func catalogue() []fault {
	return slices.Concat(trolleyFaults, irpFaults, spreetailFaults)
}

// parseFaults reads a comma-separated list. An unknown name is an error: a fault
// that is silently off would look like a suite that misses it.
func parseFaults(list string) (faults, error) {
	on := faults{}
	if list == "" {
		return on, nil
	}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.ContainsFunc(catalogue(), func(f fault) bool { return f.name == name }) {
			return nil, fmt.Errorf("unknown fault %q; -list prints them", name)
		}
		on[name] = true
	}
	return on, nil
}

// listFaults prints the catalogue, one tab-separated line for each fault.
func listFaults(w io.Writer) {
	for _, f := range catalogue() {
		vendor, _, _ := strings.Cut(f.name, "/")
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", vendor, f.name, f.requirement, f.sentence)
	}
}
