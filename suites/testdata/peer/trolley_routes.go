package main

import (
	"net/http"
	"strings"
)

// handle answers an authenticated request. The replies are made up: only that
// there is one with ok true matters.
func (t *trolley) handle(r *request) reply {
	const batches = "/v1/batches/"
	path := r.URL.Path
	switch {
	case r.Method == http.MethodGet && path == "/v1/recipients":
		return t.vary.reply(http.StatusOK, object{
			{"ok", true},
			{"recipients", []object{{{"id", "R-SKEWPROOF"}, {"type", "individual"}, {"status", "active"}}}},
			{"meta", object{{"page", 1}, {"pages", 1}, {"records", 1}}},
		})
	case r.Method == http.MethodPost && path == "/v1/recipients":
		return t.vary.reply(http.StatusOK, object{
			{"ok", true},
			{"recipient", object{{"id", "R-SKEWPROOF"}, {"type", "individual"}, {"status", "incomplete"}}},
		})
	case r.Method == http.MethodPost && path == "/v1/invoices/get":
		return t.vary.reply(http.StatusOK, object{
			{"ok", true},
			{"invoice", object{{"id", "I-SKEWPROOF"}, {"status", "open"}}},
		})
	case r.Method == http.MethodPost && path == batches:
		return t.vary.reply(http.StatusOK, object{
			{"ok", true},
			{"batch", object{{"id", "B-SKEWPROOF"}, {"status", "open"}}},
		})
	case r.Method == http.MethodDelete && len(path) > len(batches) && strings.HasPrefix(path, batches):
		return t.vary.reply(http.StatusOK, object{{"ok", true}})
	}
	return t.fail(http.StatusNotFound, object{
		{"code", "not_found"}, {"message", "Object not found"},
	})
}
