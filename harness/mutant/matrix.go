package mutant

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// Fate is what became of a mutant.
type Fate struct {
	Mutant
	Killed []string // the cases that caught it, by full name
	Others []string // cases that failed on it and cite another requirement, with what they cite
}

// Score sums up the mutants of one vendor on one side.
type Score struct {
	Vendor, Side string
	Fates        []Fate
}

// Count is how many mutants there are, how many are equivalent to the unbroken
// peer, and how many of the rest were killed.
func (s Score) Count() (all, equivalent, killed int) {
	for _, f := range s.Fates {
		all++
		switch {
		case f.Equivalent != "":
			equivalent++
		case len(f.Killed) > 0:
			killed++
		}
	}
	return all, equivalent, killed
}

// Survivors are the mutants that no case caught, although one could.
func (s Score) Survivors() []Fate {
	return slices.DeleteFunc(slices.Clone(s.Fates), func(f Fate) bool { return f.Equivalent != "" || len(f.Killed) > 0 })
}

// Pinned is the profile with every variant of a server bound to its assumed
// value, so that a mutant which shows another one fails.
func Pinned(p *harness.Profile) (*harness.Profile, error) {
	pins := map[string]string{}
	for name, v := range p.Variants {
		if !v.Client {
			pins[name] = p.Choice(name)
		}
	}
	return p.With(pins, true)
}

// ServerScore runs every server case against one broken server of n,
// in parallel.
func ServerScore(ctx context.Context, p *harness.Profile, n int) (Score, error) {
	pinned, err := Pinned(p)
	if err != nil {
		return Score{}, fmt.Errorf("pin the variants of %s: %w", p.Vendor, err)
	}
	return score(pinned, "server", sample(Servers(pinned), n), func(m Mutant) (func(*harness.Case) harness.Result, error) {
		c, err := harness.NewChecker(pinned, harness.HandlerTarget(m.Server), harness.Options{Strict: true})
		if err != nil {
			return nil, err
		}
		_ = c.Calibrate(ctx) // a server so broken that it cannot be is caught by the cases
		return func(cs *harness.Case) harness.Result { return c.Run(ctx, cs) }, nil
	})
}

// ClientScore plays every client case to one broken client of n, in parallel;
// see scripted.Attached for the bubble.
func ClientScore(ctx context.Context, p *harness.Profile, n int, bubble func(func()) error) (Score, error) {
	return score(p, "client", sample(Clients(p), n), func(m Mutant) (func(*harness.Case) harness.Result, error) {
		c := scripted.NewChecker(p, scripted.Attached{New: m.Client, Bubble: bubble}, scripted.Options{Strict: true})
		return func(cs *harness.Case) harness.Result { return c.Run(ctx, cs) }, nil
	})
}

// sample takes one mutant of n, always the same ones. They are shuffled because
// mutants come in families of a like size: every fifth of five a family would be
// the same one in each.
func sample(all []Mutant, n int) []Mutant {
	if n <= 1 {
		return all
	}
	some := slices.Clone(all)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	return some[:(len(some)+n-1)/n]
}

func score(p *harness.Profile, side string, all []Mutant, prepare func(Mutant) (func(*harness.Case) harness.Result, error)) (Score, error) {
	s := Score{Vendor: p.Vendor, Side: side, Fates: make([]Fate, len(all))}
	errs := make([]error, len(all))
	work := make(chan int)
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := range work {
				run, err := prepare(all[i])
				if errs[i] = err; err == nil {
					s.Fates[i] = fate(p, side, all[i], run)
				}
			}
		})
	}
	for i := range all {
		work <- i
	}
	close(work)
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// fate runs the cases against one mutant. A case kills it when it fails and cites
// what the mutant breaks; an error is no verdict on anybody, and never a kill.
func fate(p *harness.Profile, side string, m Mutant, run func(*harness.Case) harness.Result) Fate {
	f := Fate{Mutant: m}
	for _, cs := range p.Cases {
		if cs.Side != side {
			continue
		}
		r := run(cs)
		if r.Verdict != harness.Fail {
			continue
		}
		cited := slices.Clone(cs.Rules)
		for _, finding := range r.Findings {
			cited = append(cited, finding.Rule)
		}
		if slices.ContainsFunc(cited, func(id string) bool { return slices.Contains(m.Rules, id) }) {
			f.Killed = append(f.Killed, cs.Name())
		} else {
			f.Others = append(f.Others, cs.Name()+" ("+strings.Join(cs.Rules, " ")+")")
		}
	}
	return f
}
