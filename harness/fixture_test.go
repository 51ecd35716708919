package harness

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// loadShipped loads the vendors that come with the module once for all tests.
var loadShipped = sync.OnceValues(func() (map[string]*Profile, error) {
	profiles, err := Load(nil)
	byName := map[string]*Profile{}
	for _, p := range profiles {
		byName[p.Vendor] = p
	}
	return byName, err
})

// shipped gives one of the vendors that come with the module.
func shipped(t testing.TB, vendor string) *Profile {
	t.Helper()
	profiles, err := loadShipped()
	if err != nil {
		t.Fatal(err)
	}
	if profiles[vendor] == nil {
		t.Fatalf("no vendor %q", vendor)
	}
	return profiles[vendor]
}

// under gives the profile with one variant changed.
func under(t testing.TB, p *Profile, variant, value string) *Profile {
	t.Helper()
	q, err := p.With(map[string]string{variant: value}, false)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// caseOf finds a case by its id.
func caseOf(t testing.TB, p *Profile, id string) *Case {
	t.Helper()
	for _, c := range p.Cases {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("%s has no case %s", p.Vendor, id)
	return nil
}

// Acme is the smallest vendor that loads: it signs each request, and sends key,
// time and signature in headers of their own.
const (
	acmeProfile = `vendor: acme
title: Acme
flow: sign-each-request
credentials:
  key: {sample: acme-example-key-0001}
  secret: {secret: true, sample: acme-example-secret}
operations:
  list: {method: GET, path: /things, safe: true}
timestamp: {format: unix-seconds}
window: {past: 1m, future: 2m}
recipes:
  request:
    - {name: signature, text: "{timestamp}{line-end}{method}{target}", steps: [hmac-sha256 secret, hex]}
call:
  headers:
    X-Key: "{key}"
    X-Time: "{timestamp}"
    X-Signature: "{signature}"
  checks: [timestamp, key, signature]
replies:
  success: {status: 2xx, body: {ok: true}}
  error: {status: "401", body: {ok: false, error: "{message}"}}
errors:
  timestamp: {message: the time is wrong}
  key: {message: the key is unknown}
  signature: {message: the signature is wrong}
rules:
  call-accepted: ACM-1
  signature-refused: ACM-1
  signature-covers: ACM-1
  signature-length: ACM-1
  signature-missing: ACM-1
  key-unknown: ACM-1
  window-past: ACM-2
  window-future: ACM-2
  window-resolution: ACM-2
  timestamp-missing: ACM-2
  timestamp-garbage: ACM-2
  timestamp-not-an-instant: ACM-2
  replay: ACM-1
  order-timestamp: ACM-1
  order-key: ACM-1
  error-shape: ACM-1
  no-echo: ACM-1
variants:
  line-end:
    question: what ends the first line?
    values: {feed: "\n", nothing: ""}
    default: feed
    source: not stated
`
	acmeRequirements = `sources:
  page: {title: The page, publisher: Acme, url: "https://acme.invalid/"}
requirements:
  - id: ACM-1
    level: MUST
    side: both
    sentence: A request carries a right signature.
    source: "page:1"
  - id: ACM-2
    level: SHOULD
    side: server
    sentence: A request carries the time.
    source: "page:2"
`
	acmeCases = `cases:
  - {id: signature/zeroes, rule: ACM-1, break: {signature: zeros}, expect: {refuse: signature}}
  - id: window/long-ago
    rule: ACM-2
    skew: -window-1d
    expect: {refuse: timestamp}
  - id: key/unknown-in-the-end
    rule: ACM-1
    side: client
    timeline:
      - {call: list, times: 2, every: 1s}
      - {at: +1h, answers: {refuse: key}, observe: {kind: auth, calls: 1-2}}
`
	// printf '1709586704\nGET/things' | openssl dgst -sha256 -hmac acme-example-secret
	// printf '1709586704GET/things' | openssl dgst -sha256 -hmac acme-example-secret
	acmeSignatures = `{
  "vendor": "acme",
  "about": "for tests of loading",
  "vectors": [
    {
      "id": "list",
      "recipe": "request", "origin": "independent", "valid": true,
      "made_with": "openssl dgst",
      "inputs": {"key": "acme-example-key-0001", "secret": "acme-example-secret", "timestamp": "1709586704", "method": "GET", "target": "/things", "body": ""},
      "stages": [{"name": "signature", "value": "8e3fddaee5a7b9f6d5ddfb4e2617cf71e8d40d992fff2ed468e0ce942e5c08d1"}]
    },
    {
      "id": "list-without-line-feed",
      "recipe": "request", "origin": "independent", "valid": false,
      "made_with": "openssl dgst",
      "mistake": "no line feed after the time",
      "inputs": {"key": "acme-example-key-0001", "secret": "acme-example-secret", "timestamp": "1709586704", "method": "GET", "target": "/things", "body": ""},
      "stages": [{"name": "signature", "value": "6011060e8a424aee77fab42ae2883b0f667975efc4ff307141ac9fc798b254ab"}]
    }
  ]
}
`
)

// acme gives Acme's four files, to be changed and loaded.
func acme() map[string]string {
	return map[string]string{
		"acme/profile.yaml":      acmeProfile,
		"acme/requirements.yaml": acmeRequirements,
		"acme/cases.yaml":        acmeCases,
		"acme/signatures.json":   acmeSignatures,
	}
}

// acmeWith gives Acme's files with one text replaced.
func acmeWith(file, old, new string) map[string]string {
	files := acme()
	files[file] = strings.Replace(files[file], old, new, 1)
	return files
}

func folder(files map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

// loadAcme loads Acme from files, as Load does with them in a folder, except that
// the common cases are read once for all tests.
func loadAcme(files map[string]string) (*Profile, error) {
	common, err := commonCases()
	if err != nil {
		return nil, err
	}
	l := &loader{steps: map[string]StepFunc{}, common: common}
	return l.vendor(folder(files), "acme")
}

var commonCases = sync.OnceValues(func() ([]*commonCase, error) {
	l := &loader{}
	err := l.loadCommon()
	return l.common, err
})

// within fails the test when do takes longer: a bound against hanging, far
// above what it takes.
func within(t testing.TB, limit time.Duration, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		t.Fatalf("%s: not done within %v", what, limit)
	}
}

func TestAcmeLoadsAsItStands(t *testing.T) {
	p, err := loadAcme(acme())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Vectors) != 2 || len(p.Requirements) != 2 {
		t.Errorf("%d vectors and %d requirements, want 2 and 2", len(p.Vectors), len(p.Requirements))
	}
	own := slices.DeleteFunc(slices.Clone(p.Cases), func(c *Case) bool { return c.File != "acme/cases.yaml" })
	lines := map[string]int{}
	for _, c := range own {
		lines[c.Name()] = c.Line
	}
	if want := map[string]int{"acme/signature/zeroes": 2, "acme/window/long-ago": 3, "acme/key/unknown-in-the-end": 7}; !maps.Equal(lines, want) {
		t.Errorf("own cases begin on %v, want %v", lines, want)
	}
	for _, c := range p.Cases {
		if c.File != "acme/cases.yaml" && !strings.HasPrefix(c.File, "common/") {
			t.Errorf("case %s stands in %q", c.ID, c.File)
		}
	}
}
