package scripted

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/skewproof/skewproof/harness"
)

// compose makes the answer.
func (s *server) compose(r *http.Request, x *seen, body []byte, a harness.Answer) *recorder {
	w := &recorder{header: http.Header{}}
	switch {
	case a.RedirectTo != "":
		to := a.RedirectTo
		if to == "other" {
			to = s.stage.elsewhere + x.target
		}
		w.Header().Set("Location", to)
		w.status = a.Status
	case a.Refuse != "":
		status, headers, text := s.profile.Error(a.Refuse, s.values())
		w.Header().Set("Content-Type", "application/json")
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		if w.status = status; a.Status != 0 {
			w.status = a.Status
		}
		w.body.Write(text)
	case a.Status != 0:
		w.Header().Set("Content-Type", "text/html")
		if strings.HasPrefix(a.Body, "{") || strings.HasPrefix(a.Body, "[") {
			w.Header().Set("Content-Type", "application/json")
		}
		w.status = a.Status
		w.body.WriteString(a.Body)
	default:
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		s.honest.ServeHTTP(w, r)
	}
	if w.Header().Get("Date") == "" {
		w.Header().Set("Date", s.stage.serverClock.Now().Format(http.TimeFormat))
	}
	if d, _ := a.DateShift.Resolve(s.profile.Window); d != 0 {
		w.Header().Set("Date", s.stage.serverClock.Now().Add(d).UTC().Format(http.TimeFormat))
	}
	if len(a.Set) > 0 {
		text := s.changed(w.body.Bytes(), a.Set)
		w.body.Reset()
		w.body.Write(text)
	}
	for name, value := range a.Headers {
		if w.Header().Del(name); value != "" {
			w.Header().Set(name, value)
		} else if http.CanonicalHeaderKey(name) == "Date" {
			w.Header()["Date"] = nil // or net/http adds its own
		}
	}
	return w
}

// values are what errors and answers may mention.
func (s *server) values() harness.Values {
	v := harness.Values{"parameter": "Signature", "token": ""}
	for _, c := range s.profile.Credentials {
		if !c.Secret {
			v[c.Name] = s.account[c.Name]
		}
	}
	if f := s.profile.ReplyTime; f != nil {
		v["server_time"] = f.Format(s.stage.serverClock.Now())
	}
	return v
}

// tokenIn is the token that the answer to a login grants; empty for none.
func (s *server) tokenIn(body []byte) string {
	var doc any
	if json.Unmarshal(body, &doc) != nil {
		return ""
	}
	value, _ := harness.Lookup(doc, s.profile.LoginPlace("token"))
	token, _ := value.(string)
	return token
}

// changed makes the changes in a JSON document.
func (s *server) changed(body []byte, changes []harness.Change) []byte {
	var doc any
	if json.Unmarshal(body, &doc) != nil {
		return body
	}
	for _, c := range changes {
		place := strings.Split(c.Place, ".")
		if name, ok := strings.CutPrefix(c.Place, "{"); ok {
			place = s.profile.LoginPlace(strings.TrimSuffix(name, "}"))
		}
		object, key, ok := harness.Holder(doc, place)
		text, isText := c.Value.(string)
		switch {
		case !ok:
		case c.Gone:
			delete(object, key)
		case isText:
			was, _ := object[key].(string)
			object[key] = strings.ReplaceAll(text, "{token}", was)
		default:
			object[key] = c.Value
		}
	}
	text, err := json.Marshal(doc)
	if err != nil { // what JSON cannot say is no answer either
		return body
	}
	return text
}
