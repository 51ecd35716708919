package mutant

import (
	"net/http"

	"github.com/skewproof/skewproof/harness/reference"
)

// clientErrors breaks how a client takes answers that are no success.
func (m *maker) clientErrors() {
	told := []string{"client-refused", "client-error-told", "client-clock-error", "client-rate-limited", "client-login-refused", "client-login-error", "client-forbidden"}
	refused := func(id, says, catalogue string, claims []string, of func(*reference.Refusal)) *Mutant {
		return m.client(id, says, catalogue, claims, always(reference.ClientTamper{Refused: of}))
	}
	refused("clock-told-as-key", "a refused timestamp is told as wrong credentials", "", []string{"client-clock-error"}, func(r *reference.Refusal) {
		if r.Kind == "clock" {
			r.Kind = "auth"
		}
	})
	refused("limit-told-as-key", "too many requests is told as wrong credentials", "", []string{"client-rate-limited"}, func(r *reference.Refusal) {
		if r.Kind == "rate-limited" {
			r.Kind = "auth"
		}
	})
	refused("all-told-as-network", "every failure is told as one of the network", "", told, func(r *reference.Refusal) { r.Kind = "network" })
	refused("success-whatever-comes", "every answer counts as a success", "", append([]string{"client-success-read", "client-login-success-read"}, told...), func(r *reference.Refusal) { r.OK = r.Status != 0 })
	refused("success-by-status", "every answer with status 200 counts as a success", "", []string{"client-success-read", "client-login-success-read", "client-error-told", "client-login-error"},
		func(r *reference.Refusal) { r.OK = r.Status == http.StatusOK })
	refused("no-answer-is-success", "a connection that breaks off counts as a success", "", []string{"client-error-told", "client-login-error"}, func(r *reference.Refusal) { r.OK = r.Status == 0 })
	refused("crash-on-pages", "the client panics over an answer that is no JSON", "", []string{"client-error-told", "client-login-error"}, func(r *reference.Refusal) {
		if r.Error == "" && r.Status != 0 {
			panic("unexpected end of JSON input")
		}
	})
	m.client("repeats-without-end", "a busy server is asked again and again", "", []string{"client-retry", "client-error-told"}, always(reference.ClientTamper{Most: 50, Refused: func(r *reference.Refusal) { r.Busy = r.Status >= 500 }}))
	m.client("repeats-refusals-without-end", "refused credentials are tried again and again", "C04", []string{"client-refused", "client-stops", "client-login-refused", "client-clock-error"},
		always(reference.ClientTamper{Most: 50, Refused: func(r *reference.Refusal) { r.Busy = r.Kind == "auth" || r.Kind == "clock" }}))
	m.client("repeats-the-same-request", "a repetition is the very request before, stamp and signature included", "C09", []string{"client-retry", "client-stale", "client-sign-late", "client-new-token"},
		always(reference.ClientTamper{Repeat: func(again, before *http.Request) {
			again.Header, again.URL = before.Header.Clone(), before.URL
			if before.GetBody != nil {
				again.Body, _ = before.GetBody() // of a text, which cannot fail
				again.GetBody, again.ContentLength = before.GetBody, before.ContentLength
			}
		}}))
	m.client("repeats-with-another-body", "the body of a repetition is another", "", []string{"client-retry-body", "client-retry", "client-body"}, always(reference.ClientTamper{Repeat: func(again, _ *http.Request) {
		if again.ContentLength > 0 {
			setBody(again, "{}")
		}
	}}))
}
