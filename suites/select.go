package suites

import (
	"fmt"
	"strings"
)

// selected reports whether the options want the case.
func (r *runner) selected(name string) bool {
	if len(r.options.Cases) == 0 {
		return true
	}
	for _, pattern := range r.options.Cases {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// matches compares a name with a pattern in which * stands for any text.
func matches(pattern, name string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	rest, ok := strings.CutPrefix(name, before)
	for i := 0; ok && i <= len(rest); i++ {
		if matches(after, rest[i:]) {
			return true
		}
	}
	return false
}

// dryRun prints what would be sent.
func (r *runner) dryRun() {
	requests, refused, skipped := 0, 0, 0
	for _, s := range r.suites {
		if s.server == nil {
			fmt.Fprintf(r.out, "%s: %d cases of a client, to which nothing is sent\n", s.report.Name(), len(s.cases))
			continue
		}
		for _, c := range s.cases {
			for _, p := range s.server.Plan(c) {
				switch {
				case p.Skip != "":
					skipped++
					fmt.Fprintf(r.out, "%s: not sent: %s\n", c.Name(), p.Skip)
					continue
				case p.Refused:
					refused++
					fmt.Fprintf(r.out, "%s: %s %s (meant to be refused)\n", c.Name(), p.Method, p.Target)
				default:
					fmt.Fprintf(r.out, "%s: %s %s\n", c.Name(), p.Method, p.Target)
				}
				requests++
			}
		}
	}
	fmt.Fprintf(r.out, "\ndry run: %d requests would be sent to %s, %d of them meant to be refused at login or signature; %d cases would not be sent; nothing was sent\n", requests, r.report.Target, refused, skipped)
}
