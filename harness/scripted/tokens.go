package scripted

import (
	"fmt"
	"strings"
	"sync"

	"github.com/skewproof/skewproof/harness"
)

// minToken is the shortest text that is hidden as a token, in characters.
const minToken = 16

// tokens are all that were granted in the run. What a client says may hold one of
// an earlier case, and one of a request that is still to be looked at. Servers add
// to them while drivers read.
type tokens struct {
	mu       sync.Mutex
	names    map[string]string // by token
	redactor *harness.Redactor // nil when it does not know all of them
}

// add notes what the answer to a login grants.
func (t *tokens) add(granted string) {
	token := strings.TrimPrefix(granted, "Bearer ")
	if len(token) < minToken {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.names[token] != "" { // most cases are granted the same
		return
	}
	if t.names == nil {
		t.names = map[string]string{}
	}
	t.names[token] = fmt.Sprintf("token of %d characters, the run's number %d", len(token), len(t.names)+1)
	t.redactor = nil
}

// hide takes them out of a text.
func (t *tokens) hide(s string) string {
	t.mu.Lock()
	if t.redactor == nil && len(t.names) > 0 {
		secrets := map[string]string{}
		for token, name := range t.names {
			secrets[name] = token
		}
		t.redactor = harness.NewRedactor(secrets)
	}
	redactor := t.redactor
	t.mu.Unlock()
	return redactor.Text(s)
}
