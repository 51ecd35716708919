package driver_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
)

// knowing is the log of a case that knows a secret, as those of real cases do.
type knowing struct {
	bytes.Buffer
	secret string
}

func (k *knowing) Hide(s string) string { return strings.ReplaceAll(s, k.secret, "‹secret›") }

// What a driver wrote is cut, and quoted, when secrets have been taken out: after
// that they would not be met.
func TestSecretsAreTakenOutFirst(t *testing.T) {
	line := strings.Repeat("chatter ", 16)
	for _, tt := range []struct{ how, secret, want string }{
		{"junk", "about to call", `the driver printed what is no answer: "debug: ‹secret›"; what is meant for people goes to standard error`},
		{"junk-bytes", strings.Repeat("x", 5000), `the driver printed what is no answer: "` + "\uFFFD" + `\x00\x1b[31m‹secret›"; what is meant for people goes to standard error`},
		{"no-id", `"status"`, `the driver printed what is no answer: "{‹secret›: 200}"; what is meant for people goes to standard error`},
		{"junk-first", "Starting", `the driver's first line is no greeting: "‹secret› up..."; it is to be {"skewproof": 1, "client": "..."}`},
		{"exit", "licence", "the driver exited: exit status 7; its last words: no ‹secret› found"},
		{"exit-in-call", "no such host", "the driver exited: exit status 7; its last words: Traceback: ‹secret›"},
		{"chatter-and-exit", "no secret", "the driver exited: exit status 7; its last words: " + strings.TrimLeft((strings.Repeat(line+"\n", 40) + "the end")[40*129+8-4096:], " ")},
	} {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			got := ""
			c, err := program(t, clock.New(), tt.how).Client(harness.ClientConfig{Case: "any", Log: &knowing{secret: tt.secret}})
			if err != nil {
				got = err.Error()
			} else {
				got = c.Call(t.Context(), harness.Call{}).Message
			}
			if got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}
