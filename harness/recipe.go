package harness

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Stage is one named value on the way to a signature. Every stage is kept, so
// that a wrong signature can be traced to the first value that differs.
type Stage struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// StepFunc is one step of a recipe: bytes in, bytes out. The key is the value
// the step names (the secret of an HMAC) and is empty for steps without one.
type StepFunc func(in, key []byte) []byte

// Recipe makes a signature, or a token, as named stages in order. A stage's
// value is visible to every later one, and the last stage is the result.
type Recipe []recipeStage

type recipeStage struct {
	name  string
	text  Template
	steps []recipeStep
}

type recipeStep struct {
	name string
	do   StepFunc
	key  string // name of the value used as key; empty for none
}

// The closed list of steps. A scheme that needs another hands its function to
// Load under a name of its own.
var builtinSteps = map[string]StepFunc{
	"md5":            func(in, _ []byte) []byte { s := md5.Sum(in); return s[:] },
	"sha1":           func(in, _ []byte) []byte { s := sha1.Sum(in); return s[:] },
	"sha256":         func(in, _ []byte) []byte { s := sha256.Sum256(in); return s[:] },
	"sha512":         func(in, _ []byte) []byte { s := sha512.Sum512(in); return s[:] },
	"hmac-md5":       hmacStep(md5.New),
	"hmac-sha1":      hmacStep(sha1.New),
	"hmac-sha256":    hmacStep(sha256.New),
	"hmac-sha384":    hmacStep(sha512.New384),
	"hmac-sha512":    hmacStep(sha512.New),
	"hex":            func(in, _ []byte) []byte { return hex.AppendEncode(nil, in) },
	"base64":         func(in, _ []byte) []byte { return base64.StdEncoding.AppendEncode(nil, in) },
	"base64url":      func(in, _ []byte) []byte { return base64.RawURLEncoding.AppendEncode(nil, in) },
	"decimal-bytes":  func(in, _ []byte) []byte { return decimalBytes(in) },
	"upper":          func(in, _ []byte) []byte { return []byte(strings.ToUpper(string(in))) },
	"lower":          func(in, _ []byte) []byte { return []byte(strings.ToLower(string(in))) },
	"percent-encode": func(in, _ []byte) []byte { return []byte(url.QueryEscape(string(in))) },
}

// hmacStep keeps the last keyed hash at hand: a run signs with one key nearly
// always, and setting a key up costs more than the message.
func hmacStep(h func() hash.Hash) StepFunc {
	type keyed struct {
		key string
		mac hash.Hash
	}
	var pool sync.Pool
	return func(in, key []byte) []byte {
		k, _ := pool.Get().(*keyed)
		if k == nil || k.key != string(key) {
			k = &keyed{string(key), hmac.New(h, key)}
		}
		k.mac.Reset()
		k.mac.Write(in)
		sum := k.mac.Sum(make([]byte, 0, sha512.Size))
		pool.Put(k)
		return sum
	}
}

// decimalBytes writes each byte as a decimal number without padding, one after
// the other. It is not injective: compare encoded values, never decoded ones.
func decimalBytes(in []byte) []byte {
	out := make([]byte, 0, 3*len(in))
	for _, b := range in {
		out = strconv.AppendUint(out, uint64(b), 10)
	}
	return out
}

// compileStep reads a step such as "hex" or "hmac-sha256 secret_key".
func compileStep(text string, extra map[string]StepFunc) (recipeStep, error) {
	name, key, _ := strings.Cut(strings.TrimSpace(text), " ")
	do, ok := extra[name]
	if !ok {
		do, ok = builtinSteps[name]
	}
	if !ok {
		return recipeStep{}, fmt.Errorf("unknown step %q; known are %s", name, strings.Join(sortedKeys(builtinSteps), ", "))
	}
	if strings.HasPrefix(name, "hmac-") != (key != "") {
		return recipeStep{}, fmt.Errorf("step %q: an hmac step names its key, as in \"hmac-sha256 secret_key\", and no other built-in does", text)
	}
	return recipeStep{name: name, do: do, key: key}, nil
}

// Run works through the stages, storing each in v and appending it to stages,
// which may be nil. The last stage is the result.
func (r Recipe) Run(v Values, stages []Stage) []Stage {
	var buf [512]byte
	for i := range r {
		s := &r[i]
		value := s.text.Append(buf[:0], v)
		for _, step := range s.steps {
			value = step.do(value, []byte(v[step.key]))
		}
		text := string(value)
		v[s.name] = text
		stages = append(stages, Stage{Name: s.name, Value: text})
	}
	return stages
}

// with returns the recipe with some stages replaced, for requests and tokens
// that are odd on purpose.
func (r Recipe) with(replace map[string]recipeStage) Recipe {
	out := append(Recipe(nil), r...)
	for i, s := range out {
		if other, ok := replace[s.name]; ok {
			out[i] = other
		}
	}
	return out
}

// inputs lists the values the recipe draws on that are not stages of its own.
func (r Recipe) inputs() []string {
	var names []string
	made := map[string]bool{}
	for _, s := range r {
		for _, n := range s.text.Names() {
			if !made[n] && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
		for _, step := range s.steps {
			if step.key != "" && !made[step.key] && !slices.Contains(names, step.key) {
				names = append(names, step.key)
			}
		}
		made[s.name] = true
	}
	return names
}

// firstDifference names the first stage in which two runs differ and the byte
// it starts at.
func firstDifference(want, got []Stage) (stage string, at int, differ bool) {
	for i := range want {
		if i >= len(got) || want[i].Name != got[i].Name {
			return want[i].Name, 0, true
		}
		a, b := want[i].Value, got[i].Value
		if a == b {
			continue
		}
		n := 0
		for n < len(a) && n < len(b) && a[n] == b[n] {
			n++
		}
		return want[i].Name, n, true
	}
	return "", 0, false
}

// Name is the name of the stage.
func (s recipeStage) Name() string { return s.name }

// Uses reports whether the stage's text has the value in it.
func (s recipeStage) Uses(value string) bool { return s.text.Has(value) }
