package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The base path has api twice: it is documented so.
const spreetailBase = "/api/api/v1"

// The texts that Spreetail documents for its three refusals.
const (
	spreetailMissing = "Authorization header is required"
	spreetailInvalid = "Invalid or expired token"
	spreetailLogin   = "Invalid credentials"
)

// spreetailOrder is an order that exists from the start.
const spreetailOrder = "SKEWPROOF-0001"

// spreetail trades a client id and secret for a bearer token that carries its
// own expiry.
type spreetail struct {
	broken   faults
	id       string
	clients  map[string]string // secret by id
	tokenKey []byte
	vary     variety

	mu       sync.Mutex
	orders   map[order]bool
	believed map[string]bool // signatures, only kept for spreetail/payload-unbound
}

// order is a reference within the client that owns it; clients do not see each
// other's.
type order struct{ client, reference string }

func newSpreetail(broken faults, names credentials) *spreetail {
	return &spreetail{
		broken: broken,
		id:     names.spreetailID,
		clients: map[string]string{
			spreetailOtherID:  spreetailOtherSecret,
			names.spreetailID: names.spreetailSecret,
		},
		tokenKey: []byte(names.spreetailTokenKey),
		orders:   map[order]bool{{names.spreetailID, spreetailOrder}: true},
		believed: map[string]bool{},
	}
}

func (s *spreetail) serve(r *request) reply {
	route := r.Method + " " + strings.TrimPrefix(r.URL.Path, spreetailBase)
	if route == "POST /auth/login" {
		return s.login(r)
	}
	client, refused := s.authorize(r, route)
	if refused != nil {
		return *refused
	}
	reference, isOrder := strings.CutPrefix(route, "GET /order/")
	switch {
	case isOrder:
		return s.showOrder(client, reference)
	case route == "POST /outbound":
		return s.create(client, r)
	case route == "POST /inbound":
		if _, err := readJSON(r); err != nil {
			return s.fail(http.StatusBadRequest, "Validation failed")
		}
		return s.succeed(http.StatusCreated, object{{"Status", "Received"}})
	case route == "GET /inventory":
		return s.succeed(http.StatusOK, object{
			{"items", []object{{{"sku", "SKU-1"}, {"quantity", 7}}}}, {"page", 1}, {"total", 1},
		})
	case route == "POST /inventory":
		if _, err := readJSON(r); err != nil {
			return s.fail(http.StatusBadRequest, "Validation failed")
		}
		return s.succeed(http.StatusOK, object{{"processed", 1}})
	}
	return s.fail(http.StatusNotFound, "Resource not found")
}

func (s *spreetail) showOrder(client, reference string) reply {
	s.mu.Lock()
	known := s.orders[order{client, reference}]
	s.mu.Unlock()
	if !known {
		return s.fail(http.StatusNotFound, "Resource not found")
	}
	return s.succeed(http.StatusOK, object{{"ReferenceNumber", reference}, {"Status", "Processing"}})
}

// create makes an order. A reference can be used once, so that a client which
// repeats a request after a new login does not order twice unnoticed.
func (s *spreetail) create(client string, r *request) reply {
	fields, err := readJSON(r)
	if err != nil {
		return s.fail(http.StatusBadRequest, "Validation failed")
	}
	reference, _ := fields["ReferenceNumber"].(string)
	if reference == "" {
		return s.fail(http.StatusBadRequest, "ReferenceNumber is required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := order{client, reference}
	if s.orders[name] && !s.broken["spreetail/duplicate-accepted"] {
		return s.fail(http.StatusConflict, fmt.Sprintf("Order with ReferenceNumber '%s' already exists", reference))
	}
	s.orders[name] = true
	return s.succeed(http.StatusCreated, object{{"ReferenceNumber", reference}, {"Status", "Received"}})
}

// readJSON reads a body that must be one JSON object.
func readJSON(r *request) (map[string]any, error) {
	if r.bodyErr != nil {
		return nil, r.bodyErr
	}
	var fields map[string]any
	if err := json.Unmarshal(r.body, &fields); err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, fmt.Errorf("null is not an object")
	}
	return fields, nil
}

func (s *spreetail) succeed(status int, data object) reply {
	return s.vary.reply(status, object{{"success", true}, {"data", data}})
}

// fail answers with a documented text. The details are optional everywhere.
func (s *spreetail) fail(status int, text string, details ...field) reply {
	if s.broken["spreetail/plain-text-error"] {
		return reply{status: status, contentType: "text/plain; charset=utf-8", body: []byte(text + "\n")}
	}
	o := object{{"success", false}, {"error", text}}
	if len(details) > 0 {
		o = o.with("details", object(details))
	}
	if s.broken["spreetail/success-as-string"] {
		o = o.with("success", "false")
	}
	if s.broken["spreetail/success-true-on-error"] {
		o = o.with("success", true)
	}
	if s.broken["spreetail/error-as-object"] {
		o = o.with("error", object{{"message", text}})
	}
	if s.broken["spreetail/error-empty"] {
		o = o.with("error", "")
	}
	if s.broken["spreetail/error-missing"] {
		o = o.without("error")
	}
	return s.vary.reply(status, o)
}

// unixSeconds is a time as a token tells it, with its fraction.
func unixSeconds(t time.Time) float64 {
	return float64(t.UnixMicro()) / 1e6
}
