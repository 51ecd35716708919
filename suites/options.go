package suites

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
)

// Options say what to test and how. The zero Options test the reference servers
// and clients of all embedded vendors on a fake clock.
type Options struct {
	// Vendors are the profiles to use; all when empty, which is for the reference
	// servers and clients only.
	Vendors []string
	// Handler makes a server under test in this process, which reads the given
	// clock. It is called anew for each case.
	Handler func(clock.Clock) http.Handler
	// Target is the URL of a server under test.
	Target string
	// Credentials by name, for Handler or Target. When nil, a Handler is given
	// the profile's samples, and those for a Target come from the environment.
	Credentials map[string]string

	// Client makes a client under test in this process, for each case anew, which
	// sends through the given transport and reads the given clock. Each case runs
	// in a testing/synctest bubble. A client with a method Close() error is closed
	// at the end of its case.
	Client func(harness.ClientConfig) (harness.Client, error)
	// OwnTime says that Client calls time.Now itself, and not the given clock.
	OwnTime bool
	// ClientCommand is a program to start, and its arguments, that drives a
	// client; see harness/driver/README.md.
	ClientCommand string

	Variants     map[string]string // pinned values: vendor.variant to value
	Cases        []string          // full case names, with * for any text; all when empty
	KnownFailing string            // a file of full case names that are known to fail, with * for any text
	Reports      string            // a directory; no reports are written when empty
	Profiles     string            // a directory of further vendors
	Baseline     string            // a directory of baselines, or the file of one vendor, to compare with
	Update       bool              // write the baseline, and compare with none
	Record       string            // a directory to keep every exchange with a server in, secrets masked
	Replay       string            // a directory of recordings, which stand for the server
	HAR          string            // a file to write what is recorded or replayed into, as HTTP Archive
	Strict       bool              // SHOULD and observed differences fail too
	Unsafe       bool              // also send operations that change something to a Target
	DryRun       bool              // print what would be sent, and send nothing
	AllowPlain   bool              // plain HTTP to a Target that is not this machine
	MaxRequests  int               // to a Target, for each vendor; 0 for 2000
	MaxRefused   int               // requests a Target is meant to refuse, for each vendor; 0 for no limit
	Rate         float64           // requests a second to a Target; 0 for 10, or no limit on this machine
}

// Flags defines the command line on the flag set and returns the options it
// fills.
func Flags(fs *flag.FlagSet) *Options {
	hideMistakes(fs)
	plainUsage()
	o := &Options{Variants: map[string]string{}}
	fs.Func("vendor", "profiles to use, separated by commas; default all; required with -target and -client", func(s string) error {
		for _, v := range strings.Split(s, ",") {
			if v = strings.TrimSpace(v); v != "" && !slices.Contains(o.Vendors, v) {
				o.Vendors = append(o.Vendors, v)
			}
		}
		return nil
	})
	fs.StringVar(&o.Target, "target", "", "URL of the server under test; default the reference servers on a fake clock")
	fs.StringVar(&o.ClientCommand, "client", "", "program, with arguments, that drives the client under test; default the reference clients")
	fs.Func("variant", "pin a variant, as in trolley.status=403; repeatable", func(s string) error {
		name, value, ok := strings.Cut(s, "=")
		if !ok || !strings.Contains(name, ".") {
			return fmt.Errorf("write vendor.variant=value, as in trolley.status=403")
		}
		o.Variants[name] = value
		return nil
	})
	fs.Func("case", "run only cases of this full name, with * for any text; repeatable", func(s string) error {
		o.Cases = append(o.Cases, s)
		return nil
	})
	fs.StringVar(&o.KnownFailing, "known-failing", "", "file of full case names that are known to fail, with * for any text, one a line, # for comments")
	fs.StringVar(&o.Reports, "reports", "reports/out", "directory for the reports")
	fs.StringVar(&o.Profiles, "profiles", "", "directory of further vendors")
	fs.StringVar(&o.Record, "record", "", "directory to keep every exchange with the server in, secrets masked: a file for each case")
	fs.StringVar(&o.Replay, "replay", "", "directory of such a recording, to run from instead of a server")
	fs.StringVar(&o.HAR, "har", "", "file to write what is recorded or replayed into, as HTTP Archive 1.2")
	fs.StringVar(&o.Baseline, "baseline", "", "directory of baselines, a file for each vendor, or the file of one vendor: tell what changed since")
	fs.BoolVar(&o.Update, "update", false, "write the baseline")
	fs.BoolVar(&o.Strict, "strict", false, "SHOULD and observed differences fail too, and so does every change since the baseline")
	fs.BoolVar(&o.Unsafe, "unsafe", false, "also send operations that are not marked safe")
	fs.BoolVar(&o.DryRun, "dry-run", false, "print what would be sent, and send nothing")
	fs.BoolVar(&o.AllowPlain, "allow-plain-http", false, "allow plain HTTP to a host other than this machine")
	fs.IntVar(&o.MaxRequests, "max-requests", 2000, "budget of requests to the target, for each vendor")
	fs.IntVar(&o.MaxRefused, "max-refused", 0, "most requests meant to be refused, for each vendor; 0 for no limit")
	fs.Float64Var(&o.Rate, "rate", 0, "requests a second to the target; 0 for 10, or no limit on this machine")
	return o
}

// servers reports whether there is a server under test, and clients whether there
// is a client. Where there is neither, the reference peers are tested.
func (o *Options) servers() bool { return o.Target != "" || o.Handler != nil || o.Replay != "" }
func (o *Options) clients() bool { return o.ClientCommand != "" || o.Client != nil }

// sides are those that the run has a suite of.
func (o *Options) sides() []string {
	switch {
	case o.servers() == o.clients():
		return []string{"server", "client"}
	case o.servers():
		return []string{"server"}
	}
	return []string{"client"}
}

// subject says in words what is tested.
func (o *Options) subject() string {
	var all []string
	switch {
	case o.Target != "":
		all = append(all, harness.ShownURL(o.Target))
	case o.Replay != "":
		all = append(all, "the recording in "+o.Replay)
	case o.Handler != nil:
		all = append(all, "handler in this process")
	}
	switch {
	case o.ClientCommand != "":
		all = append(all, "client "+o.ClientCommand)
	case o.Client != nil:
		all = append(all, "client in this process")
	}
	if len(all) == 0 {
		return "reference servers and clients"
	}
	return strings.Join(all, " and ")
}

// credentials finds the values for a target: given ones, or those of the
// environment, where @file stands for the file's content.
func (r *runner) credentials(p *harness.Profile) (harness.Values, error) {
	if r.options.Credentials != nil {
		return r.options.Credentials, nil
	}
	if r.options.Target == "" {
		return nil, nil
	}
	v := harness.Values{}
	for _, c := range p.Credentials {
		name := harness.EnvName(p.Vendor, c.Name)
		given := r.environment[name]
		if given.err != nil {
			return nil, fmt.Errorf("credential %s of %s: %s names a file that cannot be read: %w; a value that itself begins with @ is to be put into a file", c.Name, p.Vendor, name, given.err)
		}
		if given.value == "" && !c.Optional {
			return nil, fmt.Errorf("credential %s of %s is missing: set %s to the value, or to @file", c.Name, p.Vendor, name)
		}
		v[c.Name] = given.value
	}
	return v, nil
}
