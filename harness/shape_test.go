package harness_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/benbjohnson/clock"

	"github.com/skewproof/skewproof/harness"
)

var everyVendor = sync.OnceValues(func() ([]*harness.Profile, error) { return harness.Load(nil) })

// shapesOf runs one case against a server that always gives the same answer.
func shapesOf(t *testing.T, vendor, name string, o harness.Options, answer http.HandlerFunc) harness.Result {
	t.Helper()
	profiles, err := everyVendor()
	if err != nil {
		t.Fatal(err)
	}
	p := profiles[slices.IndexFunc(profiles, func(p *harness.Profile) bool { return p.Vendor == vendor })]
	c, err := harness.NewChecker(p, harness.HandlerTarget(func(clock.Clock) http.Handler { return answer }), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, cs := range p.Cases {
		if cs.Name() == name {
			return c.Run(t.Context(), cs)
		}
	}
	t.Fatalf("no case %s", name)
	return harness.Result{}
}

func reply(status int, header http.Header, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/api/v1/auth/login" { // so that the call comes
			fmt.Fprint(w, `{"success":true,"data":{"access_token":"aaaa.bbbb.cccc","expires_in":86400}}`)
			return
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// lines renders facts; a star marks what the profile speaks of.
func lines(s harness.Shape) []string {
	out := []string{fmt.Sprintf("%d %s", s.Status, s.Name)}
	for _, f := range s.Facts {
		mark := ""
		if f.Documented {
			mark = "*"
		}
		out = append(out, f.Path+mark+" "+f.Value)
	}
	return out
}

const stale = "trolley/window/past-limit+1s"

func TestShapeHoldsTypesAndDocumentedValuesOnly(t *testing.T) {
	json := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	for _, tt := range []struct {
		claim, vendor, name string
		status              int
		header              http.Header
		body                string
		want                []string
	}{
		{"a documented error", "trolley", stale, 401, json,
			`{"ok":false,"errors":[{"code":"invalid_api_key","message":"Timestamp is more than 30 seconds off of server time"}]}`,
			[]string{"401 timestamp", "$* object", "$.errors* array", "$.errors[]* object", `$.errors[].code* "invalid_api_key"`,
				`$.errors[].message* "Timestamp is more than 30 seconds off of server time"`, "$.ok* false", "header Content-Type application/json"}},
		{"other values than documented, which are not kept", "trolley", stale, 418, json,
			`{"ok":"no","errors":[{"code":7,"message":"at 2024-01-02T03:04:05Z for alice"}]}`,
			[]string{"418 (undocumented)", "$* object", "$.errors* array", "$.errors[]* object", "$.errors[].code* another number",
				`$.errors[].message* "{message}"`, "$.ok* another string", "header Content-Type application/json"}},
		{"fields that nobody documents, by type", "trolley", stale, 401, json,
			`{"ok":false,"errors":[{"code":"invalid_api_key","message":"Invalid token: bad hash","at":3}],"trace":"0d9f","n":1.5,"b":true,"z":null,"e":[],"o":{"k":"v"}}`,
			[]string{"401 signature", "$* object", "$.b boolean", "$.e empty array", "$.errors* array", "$.errors[]* object", "$.errors[].at number",
				`$.errors[].code* "invalid_api_key"`, `$.errors[].message* "Invalid token: bad hash"`, "$.n number", "$.o object", "$.o.k string", "$.ok* false", "$.trace string",
				"$.z null", "header Content-Type application/json"}},
		{"elements of an array as one, in any order", "trolley", "trolley/signature/right-list-recipients", 200, json,
			`{"ok":true,"list":[{"a":1,"b":"x"},{"a":null},{"a":2,"b":[]},7]}`,
			[]string{"200 list-recipients", "$* object", "$.list array", "$.list[] number or object", "$.list[].a null or number", "$.list[].b empty array or string",
				"$.ok* true", "header Content-Type application/json"}},
		{"of several errors the documented one", "irp", "irp/window/login-past-limit+1s", 200, json,
			`{"Messages":[{"Code":9,"Message":"?"},{"Code":2001,"Message":"TimeStamp Is Not Within Permitted Timespan."}],"Success":false,"Signature":null,"TimeStamp":"2024-03-04 21:11:44.0000000Z"}`,
			[]string{"200 timestamp", "$* object", "$.AuthenticationToken* absent", "$.Messages* array", "$.Messages[]* object", "$.Messages[].Code* 2001",
				`$.Messages[].Message* "TimeStamp Is Not Within Permitted Timespan."`, "$.Signature* null", "$.Success* false", `$.TimeStamp* "{server_time}"`,
				`header Content-Type* "application/json{rest}"`}},
		{"a missing documented field is told", "trolley", "trolley/signature/right-list-recipients", 200, json, `{}`,
			[]string{"200 list-recipients", "$* object", "$.ok* absent", "header Content-Type application/json"}},
		{"keys that are ids stand for all such", "trolley", "trolley/signature/right-list-recipients", 200, json,
			`{"ok":true,"R-20240229":1,"4f5c9a1e-9c3b-4d2e-8f00-112233445566":2,"prsign ALC7SKEWPROOFEXAMPLE0000":3,"a.b":4,"ä":5}`,
			[]string{"200 list-recipients", "$* object", `$."a.b" number`, "$.ok* true", "$.{id} number", "header Content-Type application/json"}},
		{"no JSON", "trolley", stale, 500, http.Header{"Content-Type": {"TEXT/HTML; x=1"}}, "<p>at 12:00",
			[]string{"500 (undocumented)", "body* no JSON", "header Content-Type text/html"}},
		{"headers that tell a client what to do, and no other", "trolley", stale, 401, http.Header{"Content-Type": {"nonsense value"}, "Retry-After": {"17"}, "Www-Authenticate": {`Bearer realm="x"`},
			"X-Rate-Limit-Remaining": {"599"}, "Ratelimit-Limit": {"5"}, "X-Request-Id": {"1"}, "Server": {"s"}, "Date": {"today"}}, "",
			[]string{"401 (undocumented)", "body* empty", "header Content-Type no media type", "header Ratelimit-Limit present", "header Retry-After present", "header Www-Authenticate bearer", "header X-Rate-Limit-Remaining present"}},
		{"a documented header by its reading", "spreetail", "spreetail/bearer/header-missing", 401, http.Header{"Www-Authenticate": {`Bearer realm="x"`}},
			`{"success":false,"error":"Authorization header is required"}`,
			[]string{"401 authorization-missing", "$* object", "$.details* absent", `$.error* "Authorization header is required"`, "$.success* false",
				`header Www-Authenticate* "Bearer{rest}"`}},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			r := shapesOf(t, tt.vendor, tt.name, harness.Options{Shapes: true}, reply(tt.status, tt.header, tt.body))
			if len(r.Shapes) != 1 {
				t.Fatalf("%s %s: %d shapes", r.Verdict, r.Reason, len(r.Shapes))
			}
			got := slices.DeleteFunc(lines(r.Shapes[0]), func(l string) bool {
				return tt.header["Content-Type"] == nil && strings.HasPrefix(l, "header Content-Type")
			})
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
}

// An acceptance and a refusal that both show a right request are marked as such.
func TestShapeSaysThatAnOperationMayBeRefused(t *testing.T) {
	for body, want := range map[string]bool{
		`{"ok":true}`: true,
		`{"ok":false,"errors":[{"code":"invalid_api_key","message":"Invalid token: bad hash"}]}`: false,
	} {
		r := shapesOf(t, "trolley", "trolley/signature/right-find-invoice", harness.Options{Shapes: true}, func(w http.ResponseWriter, r *http.Request) {
			if !want {
				w.WriteHeader(401)
			}
			fmt.Fprint(w, body)
		})
		if len(r.Shapes) != 1 || r.Shapes[0].Either != want {
			t.Errorf("%s: %+v", body, r.Shapes)
		}
	}
}

func TestShapesCostNothingUnlessAskedFor(t *testing.T) {
	if r := shapesOf(t, "trolley", stale, harness.Options{Keep: true}, reply(401, nil, `{"ok":false}`)); r.Shapes != nil {
		t.Errorf("%+v", r.Shapes)
	}
}

// However odd an answer is, its shape stays small, and holds no secret, no token
// and nothing that was sent.
func TestShapeOfAHostileAnswer(t *testing.T) {
	deep := strings.Repeat(`{"a":[`, 200) + strings.Repeat(`]}`, 200)
	var wide strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&wide, `"k%s":[{"x":%d}],`, strings.Repeat("a", i%40), i)
	}
	for claim, body := range map[string]string{
		"deep":       deep,
		"wide":       "{" + wide.String() + `"ok":true}`,
		"long":       "[" + strings.Repeat(`{"x":1},`, 50000) + "1]",
		"a secret":   `{"harness-secret-key":"harness-secret-key","ok":{"harness-secret-key":1}}`,
		"long key":   `{"` + strings.Repeat("k", 100000) + `":1}`,
		"bad escape": "{\"\\u0000\\u001b[31m\":1}",
	} {
		t.Run(claim, func(t *testing.T) {
			r := shapesOf(t, "trolley", stale, harness.Options{Shapes: true}, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("WWW-Authenticate", "harness-secret-key realm=x")
				fmt.Fprint(w, body)
			})
			text := strings.Join(lines(r.Shapes[0]), "\n")
			if len(r.Shapes[0].Facts) > 310 || len(text) > 64<<10 {
				t.Errorf("%d facts, %d bytes", len(r.Shapes[0].Facts), len(text))
			}
			if strings.Contains(text, "harness-secret-key") || strings.Contains(text, "\x1b") {
				t.Errorf("it holds what it must not:\n%.500s", text)
			}
		})
	}
}
