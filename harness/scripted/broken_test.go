package scripted_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/harness"
	"github.com/skewproof/skewproof/harness/scripted"
)

// brokenClient is a client with one defect, as a habit of handmade, and the
// requirements of which a finding must cite one.
type brokenClient struct {
	habits, vendors, cites string
}

// broken are clients that must be caught.
var broken = []brokenClient{
	// The clock, and what a client makes of it.
	{"rounds", "trolley", "TRO-040"},
	{"rounds", "irp", "~IRP-005"},
	{"rounds-up", "trolley", "TRO-040 TRO-002"},
	{"rounds-up", "irp", "~IRP-005"},
	{"milliseconds", "trolley", "TRO-002"},
	{"fraction", "trolley", "TRO-002"},
	{"exponent", "trolley", "TRO-002"},
	{"leading-zero", "trolley", "TRO-002"},
	{"plus", "trolley", "TRO-002"},
	{"padded-to-11", "trolley", "TRO-002"},
	{"hexadecimal", "trolley", "TRO-002"},
	{"iso", "trolley", "TRO-002"},
	{"32-bit", "trolley", "TRO-002 TRO-029"},
	{"32-bit-unsigned", "trolley", "TRO-002 TRO-029"},
	{"julian-2100", "trolley", "TRO-002 TRO-029"},
	{"julian-2100", "irp", "IRP-007 IRP-008 IRP-035"},
	{"local-time", "trolley", "TRO-002"},
	{"local-time", "irp", "IRP-008"},
	{"dst-guess", "trolley", "TRO-002"},
	{"dst-guess", "irp", "IRP-008"},
	{"dst-at-birth", "trolley", "TRO-002"},
	{"dst-at-birth", "irp", "IRP-008"},
	{"a-minute-ago", "trolley", "TRO-029 TRO-002"},
	{"a-minute-ago", "irp", "IRP-035 IRP-008"},
	{"a-bit-ahead", "trolley", "TRO-002"},
	{"a-bit-ahead", "irp", "IRP-008"},
	{"truncates-minutes", "trolley", "TRO-029 TRO-002"},
	{"truncates-minutes", "irp", "IRP-035 IRP-008"},
	{"unpadded", "irp", "IRP-007"},
	{"twelve-hours", "irp", "IRP-007 IRP-008"},
	{"with-t", "irp", "IRP-007"},
	{"with-z", "irp", "IRP-007"},
	{"with-fraction", "irp", "IRP-007"},
	{"day-first", "irp", "IRP-007"},
	{"month-for-minutes", "irp", "IRP-007 IRP-008 IRP-035"},
	{"two-digit-year", "irp", "IRP-007"},
	{"slashes", "irp", "IRP-007"},
	{"week-year-sunday", "irp", "IRP-007 IRP-008 IRP-035"},
	{"no-stamp", "trolley", "TRO-002"},
	{"no-stamp", "irp", "IRP-025 IRP-036"},
	{"two-stamps", "trolley", "TRO-002"},

	// When it signs.
	{"sign-early", "trolley", "TRO-029"},
	{"sign-early", "irp", "IRP-035"},
	{"sign-at-birth", "trolley", "TRO-029"},
	{"sign-at-birth", "irp", "IRP-035"},
	{"signs-once", "trolley", "TRO-029"},
	{"signs-once", "irp", "IRP-035 IRP-006"},
	{"signs-for-20s", "trolley", "TRO-029"},
	{"signs-for-20s", "irp", "IRP-035 IRP-006"},

	{"waits-for-connection shares-signature", "trolley", "TRO-008 TRO-009 TRO-004"},

	// Correcting a clock.
	{"corrects wrong-sign", "trolley", "TRO-029 TRO-002"},
	{"corrects wrong-sign", "irp", "IRP-035 IRP-008"},
	{"corrects double-offset", "trolley", "TRO-029 TRO-002"},
	{"corrects double-offset", "irp", "IRP-035 IRP-008"},
	{"corrects skew-race", "trolley", "TRO-031"},
	{"corrects no-date-crash", "trolley", "TRO-031"},
	{"corrects no-date-crash", "irp", "IRP-044"},
	{"corrects no-date-zero", "trolley", "TRO-029 TRO-002"},
	{"corrects no-date-zero", "irp", "IRP-035 IRP-008"},
	{"corrects learns-always cached-date", "trolley", "TRO-029 TRO-002"},
	{"corrects learns-always cached-date", "irp", "IRP-035 IRP-008"},
	{"corrects learns-from-any cached-date", "trolley", "TRO-029 TRO-002 TRO-031"},
	{"corrects learns-from-any cached-date", "irp", "IRP-035 IRP-008 IRP-044"},
	{"corrects learns-always to-the-second", "trolley", "TRO-002 TRO-029"},
	{"skew-overretry", "trolley", "TRO-031 ~TRO-004"},
	{"skew-overretry", "irp", "~IRP-005 ~IRP-040"},

	// What it signs.
	{"signs-another-stamp", "trolley", "TRO-003"},
	{"signs-another-stamp", "irp", "IRP-006"},
	{"signs-lower-method", "trolley", "TRO-005"},
	{"signs-url", "trolley", "TRO-006"},
	{"signs-host", "trolley", "TRO-006"},
	{"signs-no-slash", "trolley", "TRO-006"},
	{"signs-no-query", "trolley", "TRO-007"},
	{"signs-decoded-query", "trolley", "TRO-007"},
	{"signs-sorted-query", "trolley", "TRO-007"},
	{"sorts-query", "trolley", "TRO-007"},
	{"drops-query", "trolley", "TRO-007"},
	{"signs-before-rewrite", "trolley", "TRO-008"},
	{"signs-empty-object", "trolley", "TRO-008"},
	{"signs-no-body", "trolley", "TRO-008"},
	{"signs-question-marks", "trolley", "TRO-010"},
	{"signs-latin-1", "trolley", "TRO-010"},
	{"sends-latin-1", "trolley", "TRO-010 TRO-008"},
	{"no-last-newline", "trolley", "TRO-004"},
	{"crlf", "trolley", "TRO-004"},
	{"another-order", "trolley", "TRO-004 TRO-009"},
	{"no-separators", "trolley", "TRO-004"},
	{"sha512", "trolley", "TRO-009 TRO-001"},
	{"sha1", "trolley", "TRO-009 TRO-001"},
	{"plain-hash", "trolley", "TRO-009"},
	{"key-as-secret", "trolley", "TRO-009"},
	{"upper-hex", "trolley", "TRO-009"},
	{"base64", "trolley", "TRO-009"},
	{"cut-signature", "trolley", "TRO-009 TRO-001"},
	{"no-full-stop", "irp", "IRP-001"},
	{"stamp-first", "irp", "IRP-001 IRP-003"},
	{"inner-upper", "irp", "IRP-002"},
	{"inner-raw", "irp", "IRP-002 IRP-003"},
	{"inner-sha256", "irp", "IRP-001 IRP-003"},
	{"secret-first", "irp", "IRP-003"},
	{"outer-no-full-stop", "irp", "IRP-003"},
	{"outer-hmac", "irp", "IRP-003"},
	{"one-hash", "irp", "IRP-003 IRP-001"},
	{"upper-hex", "irp", "IRP-003 IRP-004"},
	{"base64", "irp", "IRP-003 IRP-004"},
	{"decimal", "irp", "IRP-003 IRP-004"},
	{"signs-the-key", "irp", "IRP-005"},
	{"signs-escaped-token", "irp", "IRP-005 IRP-003"},

	// What it sends.
	{"scheme-upper", "trolley", "TRO-001"},
	{"scheme-spaces", "trolley", "TRO-001"},
	{"space-behind-colon", "trolley", "TRO-001"},
	{"no-scheme", "trolley", "TRO-001"},
	{"no-content-type", "trolley", "TRO-037"},
	{"text-content-type", "trolley", "TRO-037"},
	{"no-content-type", "irp", "IRP-024"},
	{"json-fields", "irp", "IRP-024 IRP-025"},
	{"unescaped-token", "irp", "IRP-025 IRP-036 IRP-005 IRP-003"},
	{"other-spelling", "irp", "IRP-025"},
	{"key-in-calls", "irp", "IRP-036"},
	{"login-elsewhere", "irp", "IRP-023"},
	{"login-elsewhere", "spreetail", "SPR-001"},
	{"login-no-type", "spreetail", "SPR-001"},
	{"login-as-form", "spreetail", "SPR-001 SPR-002"},
	{"login-extra-field", "spreetail", "SPR-002"},
	{"login-camel-case", "spreetail", "SPR-002"},
	{"basic-auth-login", "spreetail", "SPR-002 SPR-029"},
	{"no-bearer", "spreetail", "SPR-011 SPR-013"},
	{"bearer-lower", "spreetail", "SPR-011 SPR-013"},
	{"bearer-two-spaces", "spreetail", "SPR-011 SPR-013"},
	{"bearer-always-twice", "spreetail", "SPR-013"},
	{"bearer-twice", "spreetail", "SPR-013"},
	{"bearer-quoted", "spreetail", "SPR-011 SPR-013"},
	{"token-scheme", "spreetail", "SPR-011 SPR-013"},
	{"cuts-token", "spreetail", "SPR-011"},
	{"cuts-token-short", "spreetail", "SPR-011"},
	{"no-authorization", "spreetail", "SPR-011"},
	{"token-in-query", "spreetail", "SPR-029"},
	{"token-in-query", "irp", "IRP-043"},
	{"other-host", "trolley", "TRO-035 TRO-041"},
	{"other-host", "spreetail", "SPR-028"},
	{"plain", "spreetail", "SPR-028"},
	{"follows-anywhere", "trolley", "TRO-041"},
	{"follows-anywhere", "spreetail", "SPR-028"},
	{"follows-anywhere", "irp", "~IRP-005"},
	{"placeholder", "trolley", "TRO-028"},
	{"empty-secret", "trolley", "TRO-028"},
	{"empty-secret", "irp", "~IRP-005"},
	{"static-credentials", "trolley", "TRO-035"},
	{"static-credentials", "irp", "IRP-025 IRP-040"},
	{"static-credentials", "spreetail", "SPR-021 SPR-002"},

	// What nobody must see.
	{"secret-in-query", "trolley", "TRO-001 TRO-007"},
	{"secret-in-query", "irp", "IRP-043"},
	{"secret-in-query", "spreetail", "SPR-029"},
	{"secret-in-header", "trolley", "TRO-001"},
	{"secret-in-header", "irp", "IRP-043"},
	{"secret-in-header", "spreetail", "SPR-029"},
	{"secret-in-fields", "irp", "IRP-043"},
	{"log-secret", "trolley", "TRO-004"},
	{"log-secret", "irp", "IRP-043"},
	{"log-secret", "spreetail", "SPR-029"},
	{"log-secret-base64", "spreetail", "SPR-029"},
	{"log-token", "spreetail", "SPR-029"},
	{"log-token", "irp", "IRP-043"},
	{"secret-in-errors", "spreetail", "SPR-029"},
	{"secret-in-errors", "irp", "IRP-043"},
	{"token-in-errors", "spreetail", "SPR-029"},

	// What it makes of answers.
	{"clock-is-auth", "trolley", "TRO-031"},
	{"429-is-auth", "trolley", "TRO-039"},
	{"429-is-auth", "spreetail", "SPR-032"},
	{"all-auth", "trolley", "TRO-031 TRO-039"},
	{"swallows-errors", "trolley", "TRO-039 TRO-031"},
	{"swallows-errors", "spreetail", "SPR-018 SPR-020"},
	{"swallows-errors", "irp", "IRP-030 IRP-044"},
	{"panics-on-errors", "trolley", "TRO-039 TRO-031"},
	{"panics-on-errors", "spreetail", "SPR-018 SPR-020"},
	{"panics-on-errors", "irp", "IRP-030 IRP-044 IRP-040"},
	{"crash-on-html", "trolley", "TRO-004"},
	{"crash-on-html", "spreetail", "SPR-009 SPR-026"},
	{"crash-on-html", "irp", "IRP-005"},
	{"made-up-kind", "trolley", "TRO-039 TRO-031"},
	{"status-only", "spreetail", "SPR-025 SPR-008"},
	{"status-only", "irp", "IRP-030"},
	{"ignores-login-refusal takes-empty-token", "spreetail", "SPR-025 SPR-026"},
	{"ignores-login-refusal takes-empty-token", "irp", "IRP-030 IRP-036"},
	{"calls-without-token", "spreetail", "SPR-020 SPR-026"},
	{"calls-without-token", "irp", "IRP-030 IRP-036"},
	{"warning-fails", "irp", "IRP-028"},
	{"by-message", "irp", "IRP-044"},
	{"endless-500", "trolley", "TRO-004"},
	{"endless-500", "spreetail", "SPR-026 SPR-009"},

	// Tokens.
	{"login-every-ten", "spreetail", "SPR-021"},
	{"login-every-ten", "irp", "~IRP-005"},
	{"login-every-call", "spreetail", "SPR-021"},
	{"keeps-no-token", "spreetail", "SPR-021"},
	{"login-twice", "spreetail", "SPR-021"},
	{"never-renews no-recovery", "spreetail", "SPR-018"},
	{"never-renews no-recovery", "irp", "IRP-034"},
	{"no-recovery", "spreetail", "SPR-018"},
	{"no-recovery", "irp", "IRP-034"},
	{"many-recoveries", "spreetail", "SPR-018"},
	{"endless-401", "spreetail", "SPR-018 SPR-020"},
	{"endless-401", "irp", "IRP-005 IRP-034"},
	{"repeats-twice", "spreetail", "SPR-018 SPR-019"},
	{"keeps-refused-token", "spreetail", "SPR-018 SPR-019"},
	{"keeps-refused-token", "irp", "IRP-034"},
	{"403-logs-in", "spreetail", "SPR-031"},
	{"429-logs-in", "spreetail", "SPR-032"},
	{"recovers-posts-only", "spreetail", "SPR-018"},
	{"recovers-gets-only", "spreetail", "SPR-018 SPR-019"},
	{"hangs", "trolley", "TRO-004 TRO-039"},
	{"hangs", "irp", "IRP-005"},
	{"hangs", "spreetail", "SPR-011 SPR-018"},
	{"changes-body", "spreetail", "SPR-019"},
	{"drops-body", "spreetail", "SPR-019"},
	{"repeats-login", "spreetail", "SPR-020"},
	{"stampede", "spreetail", "SPR-027"},
	{"stampede", "irp", "~IRP-005"},
	{"global-token", "spreetail", "SPR-021"},
	{"global-token", "irp", "IRP-040 IRP-034"},
	{"margin-a-day", "spreetail", "SPR-021"},
	{"no-margin no-recovery", "spreetail", "SPR-018"},
	{"overflows no-recovery", "spreetail", "SPR-021 SPR-023 SPR-018"},
	{"reads-jwt no-recovery", "spreetail", "SPR-018 SPR-024"},
	{"back-step no-recovery", "spreetail", "SPR-024 SPR-018"},
	{"login-storm", "spreetail", "SPR-023"},
	{"crash-on-odd-life", "spreetail", "SPR-023"},
	{"crash-on-odd-token", "spreetail", "SPR-026"},
	{"takes-empty-token", "spreetail", "SPR-026"},
	{"zero-for-ever no-recovery", "spreetail", "SPR-018 SPR-023"},
	{"int32-ms", "spreetail", "SPR-023 SPR-021"},
	{"trusts-default", "spreetail", "SPR-023"},
	{"reads-jwt", "spreetail", "SPR-023 SPR-024"},
	{"ms-life", "spreetail", "SPR-021"},
	{"week-year", "irp", "IRP-007 IRP-008 IRP-035"},
	{"waits-after-signing", "trolley", "TRO-030 TRO-029"},
	{"waits-after-signing", "irp", "IRP-035"},
	{"corrects learns-always learns-once", "trolley", "TRO-002 TRO-029"},
	{"back-step", "spreetail", "SPR-024"},
	{"resends-late", "trolley", "TRO-029"},
	{"reads-clock-twice", "trolley", "TRO-003"},
	{"reads-clock-twice", "irp", "IRP-006"},
}

// survivors are broken clients that the cases do not catch, and why. One that is
// caught is to be moved up.
var survivors = []struct {
	brokenClient
	why string
}{
	{brokenClient{"discards-new", "spreetail", "SPR-027"}, sometimes + "which of the answers come late depends on the scheduler"},
	{brokenClient{"resends-late", "irp", "IRP-035"}, "the pages may allow one signature for two minutes: it is shown as freshness"},
	{brokenClient{"corrects learns-always offset-at-arrival", "trolley", "TRO-002 TRO-029"}, "answers are slow before they are made, and quick on their way; and the pages ask for no correction"},
	{brokenClient{"corrects learns-always offset-at-arrival", "irp", "IRP-008 IRP-035"}, "answers are slow before they are made, and quick on their way; and the pages ask for no correction"},
	{brokenClient{"no-margin", "spreetail", "SPR-022"}, "no defect in the end: it is shown as the value 0s of refresh-margin"},
	{brokenClient{"from-response", "spreetail", "SPR-024"}, "an answer can be late, but not a token older than its answer"},
}

// sometimes begins the reason where a client is caught by chance only.
const sometimes = "caught by chance only: "

// caught reports by what a client is caught. A breach of MUST is to fail the
// case; one of SHOULD, and of a rule with ~ before it, is to be observed at least.
func caught(t *testing.T, p *harness.Profile, b brokenClient) (by string, others []string) {
	cites := strings.Fields(b.cites)
	clientResults(t, p, scripted.Options{}, func(r harness.Result) bool {
		if r.Verdict == harness.Error {
			t.Fatalf("%s: %s", r.Case.Name(), r.Reason)
		}
		for _, f := range r.Findings {
			fails := r.Verdict == harness.Fail && f.Level == harness.Must
			if slices.Contains(cites, "~"+f.Rule) || slices.Contains(cites, f.Rule) && (fails || p.Requirement(f.Rule).Level != harness.Must) {
				by = r.Case.Name() + ": " + f.Problem
			}
			others = append(others, r.Case.Name()+": "+f.Rule+" "+string(f.Level)+" "+f.Problem)
		}
		return by == ""
	}, strings.Fields(b.habits)...)
	return by, others
}

// Each requirement of the client that is a MUST is broken by some client.
func TestEveryRequirementOfClientsIsBroken(t *testing.T) {
	for vendor, p := range vendorProfiles(t) {
		all := ""
		for _, b := range broken {
			all += " " + b.cites + " "
		}
		for _, s := range survivors {
			all += " " + s.cites + " "
		}
		for _, r := range p.Requirements {
			if (r.Side == "client" || r.Side == "both") && r.Level == harness.Must && !strings.Contains(all, " "+r.ID+" ") && r.ID != "IRP-029" { // which is about replies
				t.Errorf("%s: no client breaks %s: %s", vendor, r.ID, r.Sentence)
			}
		}
	}
}

func TestBrokenClientsAreCaught(t *testing.T) {
	vendors := vendorProfiles(t)
	for i, b := range broken {
		if testing.Short() && i%6 != 0 {
			continue
		}
		for _, vendor := range strings.Fields(b.vendors) {
			t.Run(vendor+"/"+b.habits, func(t *testing.T) {
				by, others := caught(t, vendors[vendor], b)
				if by == "" {
					t.Errorf("nothing cites %s; what was found: %d %q", b.cites, len(others), others[:min(len(others), 4)])
				}
				t.Log(by)
			})
		}
	}
	for _, s := range survivors {
		for _, vendor := range strings.Fields(s.vendors) {
			t.Run(vendor+"/survivor/"+s.habits, func(t *testing.T) {
				if by, _ := caught(t, vendors[vendor], s.brokenClient); by != "" && !strings.HasPrefix(s.why, sometimes) {
					t.Errorf("it is caught now, by %s: move it to the broken clients", by)
				}
			})
		}
	}
}
