package harness

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/skewproof/skewproof/vectors"
)

const (
	profileYAML      = "acme/profile.yaml"
	requirementsYAML = "acme/requirements.yaml"
	casesYAML        = "acme/cases.yaml"
	signaturesJSON   = "acme/signatures.json"
)

// acmeStages are the stages of Acme's first vector, as they stand in its file.
var acmeStages = func() string {
	_, rest, _ := strings.Cut(acmeSignatures, `"stages": [`)
	inner, _, _ := strings.Cut(rest, "]")
	return `"stages": [` + inner + "]"
}()

// badInput is one mistake in one of Acme's files, and what must be said of it.
type badInput struct {
	claim    string
	file     string
	old, new string // one replacement; an empty old replaces the whole file
	at       string // a text on the line that the error names; empty where no line is asked of it
	wrong    string // the wrong thing, as the error names it
	remedy   string // what the error says to do; empty where nothing is asked of it
}

var badInputs = []badInput{
	// profile.yaml
	{"a mistyped key", profileYAML, "flow: sign-each", "flwo: sign-each", "flwo:", `unknown field "flwo"`, ""},
	{"a mistyped key of the window", profileYAML, "{past: 1m", "{pasd: 1m", "pasd:", `unknown field "pasd"`, ""},
	{"a mistyped key of a credential", profileYAML, "{secret: true", "{secrte: true", "secrte:", `unknown field "secrte"`, ""},
	{"a mistyped key of an operation", profileYAML, "{method: GET", "{methd: GET", "methd:", `unknown field "methd"`, ""},
	{"a mistyped key of an error", profileYAML, "{message: the key", "{mesage: the key", "mesage:", `unknown field "mesage"`, ""},
	{"a duplicate key", profileYAML, "title: Acme\n", "title: Acme\ntitle: Acme Ltd\n", "Acme Ltd", `key "title" already defined`, "[2:1]"},
	{"a duplicate error", profileYAML, "  signature: {message", "  key: {message: again}\n  signature: {message", "again", `key "key" already defined`, ""},
	{"a duplicate rule", profileYAML, "  replay: ACM-1\n", "  replay: ACM-1\n  replay: ACM-2\n", "replay: ACM-2", `key "replay" already defined`, ""},
	{"a duplicate header", profileYAML, "    X-Time:", "    X-Key: again\n    X-Time:", "again", `key "X-Key" already defined`, ""},
	{"a list for a mapping", profileYAML, "window: {past: 1m, future: 2m}", "window: [1m, 2m]", "window:", "sequence was used", "mapping is expected"},
	{"text for a list", profileYAML, "checks: [timestamp, key, signature]", "checks: timestamp", "checks:", "string was used", "sequence is expected"},
	{"text for a number", profileYAML, "key: {sample:", "key: {length: long, sample:", "length:", "string", "int"},
	{"text for true or false", profileYAML, "safe: true", "safe: maybe", "safe:", "string", "bool"},
	{"a duration without a unit", profileYAML, "past: 1m", "past: 60", "past:", `"60"`, "write it with a unit, such as 30s, 5m or 24h"},
	{"a negative duration", profileYAML, "past: 1m", "past: -1m", "past:", `"-1m"`, "write it with a unit, such as 30s, 5m or 24h"},
	{"another vendor's name", profileYAML, "vendor: acme", "vendor: acne", "vendor:", `vendor is "acne", but the folder is "acme"`, "they are the same name"},
	{"an unknown step", profileYAML, "secret, hex]", "secret, hxe]", "hxe", `stage signature: unknown step "hxe"`, "known are base64, base64url"},
	{"an hmac without its key", profileYAML, "hmac-sha256 secret", "hmac-sha256", "hmac-sha256", `step "hmac-sha256"`, `as in "hmac-sha256 secret_key"`},
	{"an hmac with a mistyped key", profileYAML, "hmac-sha256 secret", "hmac-sha256 secrte", "hmac-sha256", `"secrte"`, "which is no credential"},
	{"an unknown flow", profileYAML, "sign-each-request", "sign-every-request", "flow:", `unknown flow "sign-every-request"`, "known are sign-each-request, sign-then-token, login-then-bearer"},
	{"a flow that lacks its login", profileYAML, "sign-each-request", "sign-then-token", "flow:", "sign-then-token", "needs recipes.request, timestamp, login and token"},
	{"an unknown timestamp format", profileYAML, "unix-seconds", "unix-second", "unix-second", `unknown timestamp format "unix-second"`, "known are basic-iso, datetime"},
	{"a mistyped value in a recipe", profileYAML, "{method}{target}", "{methd}{target}", "{methd}", "unknown value {methd}", "known are credentials, [timestamp method target"},
	{"a mistyped variant in a recipe", profileYAML, "{line-end}{method}", "{line-edn}{method}", "{line-edn}", "unknown value {line-edn}", "known are credentials, [timestamp method target"},
	{"a mistyped value in a header", profileYAML, `X-Time: "{timestamp}"`, `X-Time: "{timestmp}"`, "", "unknown value {timestmp}", "known are credentials, [timestamp method target"},
	{"a text of a variant that does not exist", profileYAML, "{line-end}{method}", "{line-end:long}{method}", "{line-end:long}", `variant line-end has no text "long"`, ""},
	{"a variant that stands for itself", profileYAML, `feed: "\n"`, `feed: "{line-end}"`, "{line-end}{method}", "refer to each other in a circle", ""},
	{"a mistyped value in a variant", profileYAML, `feed: "\n"`, `feed: "{lf}"`, "", "unknown value {lf}", "known are credentials"},
	{"a mistyped value in every error's body", profileYAML, `error: "{message}"`, `error: "{mesage}"`, "", "unknown value {mesage}", ""},
	{"a mistyped value in an error's message", profileYAML, "message: the key is unknown", `message: "the key {kye} is unknown"`, "{kye}", "unknown value {kye}", ""},
	{"an unknown check", profileYAML, "[timestamp, key, signature]", "[timestamp, kye, signature]", "kye", `unknown check "kye"`, "known are [authorization body fields"},
	{"a default that is no value", profileYAML, "default: feed", "default: crlf", "question:", `default "crlf"`, "not one of the values feed, nothing"},
	{"a variant without a default", profileYAML, "    default: feed\n", "", "question:", `default ""`, "not one of the values feed, nothing"},
	{"a variant without a source", profileYAML, "    source: not stated\n", "", "question:", "where the question comes from", "add source"},
	{"a value that the engine's own variant lacks", profileYAML, "variants:\n", "variants:\n  replay: {values: [accept, never], default: accept, source: x}\n", "never", `"never"`, "with the values [accept refuse]"},
	{"a status that is none", profileYAML, `status: "401"`, `status: "4o1"`, "4o1", `status "4o1"`, "write a status such as 401, or a class such as 4xx"},
	{"an array pattern of two elements", profileYAML, `error: "{message}"`, "error: [a, b]", "[a, b]", "an array pattern has one element", "which some element of the answer must fit"},
	{"a path without a slash", profileYAML, "path: /things", "path: things", "path: things", `path "things"`, "beginning with /"},
	{"an operation without a path", profileYAML, "path: /things, ", "", "list:", "an operation has a method and a path", "a method and a path"},
	{"no operations", profileYAML, "  list: {method: GET, path: /things, safe: true}\n", "  {}\n", "  {}", "operation", "name at least one operation"},
	{"no call", profileYAML, acmeProfile[strings.Index(acmeProfile, "call:\n"):strings.Index(acmeProfile, "replies:\n")], "", "vendor:", "the profile has no call", "say how an operation is authenticated"},
	{"no error body", profileYAML, `, body: {ok: false, error: "{message}"}`, "", "success:", "every error's body", "replies.error.body"},
	{"a rule that names a missing requirement", profileYAML, "window-past: ACM-2", "window-past: ACM-3", "window-past:", "rule window-past names ACM-3", "which requirements.yaml does not have"},
	{"a claim without a rule", profileYAML, "  replay: ACM-1\n", "", "call-accepted:", `the claim "replay"`, "name its requirement under rules, or decline the case under declines with the reason"},
	{"a declined case that does not exist", profileYAML, "variants:\n", "declines:\n  replay/never: no such thing\nvariants:\n", "replay/never", `declines "replay/never"`, "name a common case and the reason"},
	{"a declined case without a reason", profileYAML, "variants:\n", "declines:\n  replay/same-request-twice: \"\"\nvariants:\n", "replay/same-request-twice", `declines "replay/same-request-twice"`, "name a common case and the reason"},
	{"a bracket that is not closed", profileYAML, "list: {method: GET, path: /things, safe: true}", "list: {method: GET, path: /things, safe: true", "timestamp: {format", "'}' must be specified", "must be specified"},
	{"a tab for indentation", profileYAML, "  list: {", "\tlist: {", "list: {", "cannot start any token", ""},
	{"a key without a space after its colon", profileYAML, "title: Acme\n", "title:Acme\n", "title:Acme", "", ""},
	{"two documents", profileYAML, "flow:", "---\nflow:", "", "YAML document", "one"},
	{"an empty file", profileYAML, "", "", "", "YAML document", "one"},
	{"nothing but a comment", profileYAML, "", "# to be written\n", "", "YAML document", "one"},
	{"a list for a profile", profileYAML, "", "- vendor: acme\n", "- vendor", "sequence was used", "mapping is expected"},
	{"a word for a profile", profileYAML, "", "acme\n", "acme", "string was used", "mapping is expected"},
	{"bytes that are no text", profileYAML, "", "\x00\xff\xfe\x01", "", "", ""},

	// requirements.yaml
	{"a duplicate requirement", requirementsYAML, "- id: ACM-2", "- id: ACM-1  # again", "again", "requirement ACM-1 stands here twice", "ids are unique"},
	{"an unknown level", requirementsYAML, "level: SHOULD", "level: SHUOLD", "SHUOLD", `ACM-2: level "SHUOLD"`, "write MUST, SHOULD, MAY or OPEN"},
	{"a level in lower case", requirementsYAML, "level: SHOULD", "level: should", "level: should", `ACM-2: level "should"`, "write MUST, SHOULD, MAY or OPEN"},
	{"no level", requirementsYAML, "    level: SHOULD\n", "", "- id: ACM-2", `ACM-2: level ""`, "write MUST, SHOULD, MAY or OPEN"},
	{"an unknown side", requirementsYAML, "    sentence: A request carries the time.\n", "    sentence: x\n  - {id: ACM-3, level: MUST, side: middle}\n  - id: ACM-4\n", "middle", `ACM-3: side "middle"`, "write server, client, both or receiver"},
	{"a requirement without an id", requirementsYAML, "  - id: ACM-2\n    level: SHOULD\n", "  - level: SHOULD  # nameless\n", "nameless", "a requirement has an id", "has an id"},
	{"an empty requirement", requirementsYAML, "  - id: ACM-2", "  -\n  - id: ACM-2", "  -\n", "an empty entry", "write id, level, side, sentence and source"},
	{"a requirement of an unknown variant", requirementsYAML, `    source: "page:2"`, "    source: x\n    variant: line-edn", "line-edn", `ACM-2 hangs on the variant "line-edn"`, "which the profile does not have"},
	{"a mistyped key of a requirement", requirementsYAML, "    sentence: A request carries the time.", "    sentnce: A request carries the time.", "sentnce", `unknown field "sentnce"`, ""},
	{"a mistyped key of a source", requirementsYAML, "{title: The page", "{titel: The page", "titel", `unknown field "titel"`, ""},
	{"two documents of requirements", requirementsYAML, "requirements:", "---\nrequirements:", "", "YAML document", "one"},

	// cases.yaml
	{"a duplicate case", casesYAML, "id: window/long-ago", "id: signature/zeroes", "- id: signature/zeroes", "case id signature/zeroes stands twice", "also at acme/cases.yaml:2"},
	{"a case that common cases already have", casesYAML, "id: window/long-ago", "id: window/past-day", "id: window/past-day", "case id window/past-day stands twice", "also at common/window.yaml:"},
	{"two faults outside order/", casesYAML, "break: {signature: zeros}", "break: [{signature: zeros}, {key: unknown}]", "signature/zeroes", "break names 2 things", "only an order case breaks more than one"},
	{"two faults in one mapping", casesYAML, "break: {signature: zeros}", "break: {signature: zeros, key: unknown}", "signature/zeroes", "names exactly one thing", "several are a list"},
	{"an unknown fault", casesYAML, "break: {signature: zeros}", "break: {signatur: zeros}", "signature/zeroes", `unknown fault "signatur"`, "known are authorization, blank, body"},
	{"an unknown value of a fault", casesYAML, "break: {signature: zeros}", "break: {signature: zeroes}", "signature/zeroes", "not zeroes", "fault signature takes doubled, empty"},
	{"a fault in what the request does not carry", casesYAML, "break: {signature: zeros}", "break: {drop: signatur}", "id: signature/zeroes", `nothing in the request carries "signatur"`, ""},
	{"a fault in what the signature does not cover", casesYAML, "break: {signature: zeros}", "break: {leave-out: bdy}", "id: signature/zeroes", `the signature does not cover "bdy"`, "it covers timestamp, method, path, query"},
	{"an unknown stage", casesYAML, "break: {signature: zeros}", "break: {sign-stage: {signatur: x}}", "id: signature/zeroes", `no recipe has a stage "signatur"`, ""},
	{"an unknown step of a stage", casesYAML, "break: {signature: zeros}", "break: {sign-stage: {signature: {text: x, steps: [hxe]}}}", "id: signature/zeroes", `stage signature: unknown step "hxe"`, "known are base64, base64url"},
	{"an unknown state", casesYAML, "break: {signature: zeros}", "break: {state: asleep}", "id: signature/zeroes", `unknown state "asleep"`, "known are key-inactive"},
	{"a mapping for a timestamp", casesYAML, "break: {signature: zeros}", "break: {timestamp: {a: b}}", "signature/zeroes", "fault timestamp takes a text", "not a mapping"},
	{"an unknown need", casesYAML, "skew: -window-1d", "needs: [own-clok]", "id: window/long-ago", `needs "own-clok"`, "known are own-clock"},
	{"a token that no step has saved", casesYAML, "skew: -window-1d", "token: first", "id: window/long-ago", `token "first"`, "no earlier step saves a token under that name"},
	{"a first step that repeats", casesYAML, "skew: -window-1d", "repeat: true", "id: window/long-ago", "repeat", "there is no step before it"},
	{"a case for each field of a login that is not there", casesYAML, "skew: -window-1d", "each: login-field", "id: window/long-ago", "each login-field", "the flow sign-each-request has no login"},
	{"a case for each order of a login that is not there", casesYAML, "skew: -window-1d", "each: login-faults", "id: window/long-ago", "each login-faults", "the flow sign-each-request has no login"},
	{"an unknown error", casesYAML, "{refuse: timestamp}", "{refuse: timestmp}", "id: window/long-ago", `expects the error "timestmp"`, "it documents timestamp, key, signature"},
	{"an unknown expectation", casesYAML, "expect: {refuse: timestamp}", "expect: refused", "expect: refused", `expect "refused"`, "write accept, refuse, {refuse: error} or {by: variant, value: ...}"},
	{"no expectation", casesYAML, "    expect: {refuse: timestamp}\n", "", "id: window/long-ago", "of what to expect", "expect"},
	{"an expectation of both", casesYAML, "{refuse: timestamp}", "{refuse: timestamp, accept: {}}", "accept: {}", "expectation", "either accepts or refuses"},
	{"an expectation by an unknown variant", casesYAML, "{refuse: timestamp}", "{by: line-edn, feed: accept, nothing: refuse}", "id: window/long-ago", `by the variant "line-edn"`, "which the profile does not have"},
	{"an expectation by an unknown value", casesYAML, "{refuse: timestamp}", "{by: line-end, feed: accept, notihng: refuse}", "id: window/long-ago", `variant line-end has no value "notihng"`, "it has feed, nothing"},
	{"an expectation that leaves a value out", casesYAML, "{refuse: timestamp}", "{by: line-end, feed: accept}", "id: window/long-ago", `nothing of the value "nothing"`, "of the variant line-end"},
	{"a case that cites an unknown requirement", casesYAML, "rule: ACM-2", "rule: ACM-9", "id: window/long-ago", "case window/long-ago cites ACM-9", "which acme/requirements.yaml does not have"},
	{"a case that cites nothing", casesYAML, "    rule: ACM-2\n", "", "id: window/long-ago", "cite", "cite a requirement under rule"},
	{"an offset against a limit the profile lacks", casesYAML, "-window-1d", "-lifetime-1d", "id: window/long-ago", `offset "-lifetime-1d"`, "the profile has no lifetime"},
	{"an offset that cannot be read", casesYAML, "-window-1d", "-windw-1d", "skew:", `offset "-windw-1d": unknown term "windw"`, "known are window, lifetime, granule"},
	{"a mistyped key of a case", casesYAML, "    skew:", "    skwe:", "skwe:", `unknown field "skwe"`, ""},
	{"an id without an aspect", casesYAML, "window/long-ago", "long-ago", "id: long-ago", `case "long-ago"`, "an id is aspect/claim, such as window/past-limit+1s"},
	{"a case without an id", casesYAML, "  - id: window/long-ago\n    rule", "  - rule", "rule: ACM-2", `case ""`, "an id is aspect/claim"},
	{"a call of an unknown operation", casesYAML, "skew: -window-1d", "call: lsit", "id: window/long-ago", `calls "lsit"`, "which is no operation of the profile"},
	{"a login where there is none", casesYAML, "skew: -window-1d", "call: login", "id: window/long-ago", "calls login", "the flow sign-each-request has none"},
	{"a case for each of what is unknown", casesYAML, "skew: -window-1d", "each: operations", "id: window/long-ago", `each "operations"`, "known are operation, operation-with-body, protected-operation"},
	{"one step inline and several under steps", casesYAML, "skew: -window-1d", "steps: [{expect: accept}]", "id: window/long-ago", "case window/long-ago", "write one step inline or several under steps, not both"},
	{"an empty list item", casesYAML, "  - id: window", "  -\n  - id: window", "  -\n", `case ""`, "an id is aspect/claim"},
	{"two documents of cases", casesYAML, "  - id: window", "---\n  - id: window", "", "YAML document", "one"},

	// client cases in cases.yaml
	{"a moment before the one above it", casesYAML, "{call: list, times: 2, every: 1s}", "{at: +2h}", "id: key/unknown-in-the-end", "moment 2: at +1h is before the moment above it", "a client's clock goes back by skew"},
	{"a mistyped key of a moment", casesYAML, "every: 1s", "evry: 1s", "evry", `unknown field "evry"`, "correct its name or remove it"},
	{"a moment that is none", casesYAML, "{call: list, times: 2, every: 1s}", "list", "- list", "a mapping is expected here, not string", "mapping"},
	{"no calls at a moment", casesYAML, "times: 2", "times: 0", "times: 0", `"0"`, "write a whole number from 1 to 1000"},
	{"a time between calls without a unit", casesYAML, "every: 1s", "every: 1", "every: 1", `offset "1"`, "known are window, lifetime, granule and durations such as 1s"},
	{"calls one after the other and at once", casesYAML, "times: 2, every: 1s", "times: 2, concurrent: 2", "id: key/unknown-in-the-end", "moment 1: calls are made one after the other (times) or at once (concurrent)", "not both"},
	{"an operation named and written out", casesYAML, "call: list", "call: list, send: {method: GET, path: /}", "id: key/unknown-in-the-end", "moment 1: a moment names an operation (call) or writes one out (send)", "not both"},
	{"an operation written out without a path", casesYAML, "call: list", "send: {method: GET}", "id: key/unknown-in-the-end", "moment 1: an operation has a method and a path", "a method and a path"},
	{"a mistyped key of an operation written out", casesYAML, "call: list", "send: {method: GET, path: /, bdoy: x}", "bdoy", `unknown field "bdoy"`, ""},
	{"a client that is to call what is unknown", casesYAML, "call: list", "call: lsit", "id: key/unknown-in-the-end", `moment 1: calls "lsit"`, "which is no operation of the profile"},
	{"a client that is to log in where there is no login", casesYAML, "call: list", "call: login", "id: key/unknown-in-the-end", "moment 1: calls login", "the flow sign-each-request has none"},
	{"an unknown account", casesYAML, "call: list", "account: second", "second", `"second"`, "write other"},
	{"a moment against a limit the profile lacks", casesYAML, "at: +1h", "at: +lifetime", "id: key/unknown-in-the-end", `moment 2: offset "+lifetime"`, "the profile has no lifetime"},
	{"an unknown answer", casesYAML, "answers: {refuse: key}", "answers: dishonest", "dishonest", `"dishonest"`, "write honest"},
	{"a mistyped key of an answer", casesYAML, "answers: {refuse: key}", "answers: {refsue: key}", "refsue", `unknown field "refsue"`, "correct its name or remove it"},
	{"an answer with an unknown error", casesYAML, "answers: {refuse: key}", "answers: {refuse: kye}", "id: key/unknown-in-the-end", `the error "kye"`, "it documents timestamp, key, signature"},
	{"an answer after the last", casesYAML, "answers: {refuse: key}", "answers: [{refuse: key, always: true}, honest]", "at: +1h", "the answer above is for every further request", "no other can follow it"},
	{"an answer of two kinds", casesYAML, "answers: {refuse: key}", "answers: {refuse: key, status: 500, body: x}", "at: +1h", "an answer is one of", "refuse, a body, and redirect"},
	{"a body without a status", casesYAML, "answers: {refuse: key}", "answers: {body: x}", "at: +1h", "an answer with a body of its own", "has a status"},
	{"a redirect without a status", casesYAML, "answers: {refuse: key}", "answers: {redirect: other}", "at: +1h", "a redirect", "has a status from 300 to 399"},
	{"a redirect with the status of a success", casesYAML, "answers: {refuse: key}", "answers: {redirect: other, status: 200}", "at: +1h", "a redirect", "has a status from 300 to 399"},
	{"an unknown drop", casesYAML, "answers: {refuse: key}", "answers: {drop: after}", "drop: after", `"after"`, "write before, within"},
	{"a change that names no place", casesYAML, "answers: {refuse: key}", "answers: {set: nothing}", "set: nothing", "set is a mapping", "place to value"},
	{"a change of what the reply to a login has not", casesYAML, "answers: {refuse: key}", `answers: {set: {"{token}": x}}`, "id: key/unknown-in-the-end", "moment 2: set {token}", "the reply to a login holds no such value"},
	{"a mistyped key of an observation", casesYAML, "kind: auth", "knid: auth", "knid", `unknown field "knid"`, "correct its name or remove it"},
	{"an unknown kind of failure", casesYAML, "kind: auth", "kind: atuh", "atuh", `unknown kind "atuh"`, "known are auth, clock, config"},
	{"an unknown kind among others", casesYAML, "kind: auth", "kind: [auth, atuh]", "atuh", `unknown kind "atuh"`, "known are auth, clock, config"},
	{"an unknown outcome", casesYAML, "kind: auth", "outcome: fine", "fine", `"fine"`, "write ok, error, any, alike"},
	{"unknown stamps", casesYAML, "kind: auth", "stamps: stale", "stale", `"stale"`, "write fresh"},
	{"a count that is none", casesYAML, "calls: 1-2", "calls: 2-1", "2-1", `"2-1" is no number of requests`, "write 1 or 0-2"},
	{"an observation by an unknown variant", casesYAML, "observe: {kind: auth, calls: 1-2}", "observe: {by: line-edn, feed: {calls: 1}}", "id: key/unknown-in-the-end", `observes by the variant "line-edn"`, "which the profile does not have"},
	{"an observation by an unknown value", casesYAML, "observe: {kind: auth, calls: 1-2}", "observe: {by: line-end, feed: {calls: 1}, nothing: {calls: 1}, all: {calls: 1}}", "id: key/unknown-in-the-end", "variant line-end", "has the values feed, nothing"},
	{"an observation that leaves a value out", casesYAML, "observe: {kind: auth, calls: 1-2}", "observe: {by: line-end, feed: {calls: 1}}", "id: key/unknown-in-the-end", `nothing of the value "nothing"`, "of the variant line-end"},
	{"an observation by two variants", casesYAML, "observe: {kind: auth, calls: 1-2}", "observe: {by: line-end, feed: {by: replay, accept: {calls: 1}, refuse: {calls: 1}}, nothing: {calls: 1}}", "id: key/unknown-in-the-end", "variant line-end", "each has one plain observation"},
	{"an unknown zone", casesYAML, "    timeline:\n", "    zone: Mars/Olympus\n    timeline:\n", "id: key/unknown-in-the-end", `zone "Mars/Olympus"`, "write a time zone such as Asia/Kathmandu"},
	{"a start in local time", casesYAML, "    timeline:\n", "    from: \"2024-03-04T21:11:44\"\n    timeline:\n", "id: key/unknown-in-the-end", `from "2024-03-04T21:11:44"`, "write an instant such as 2038-01-19T03:14:08Z"},
	{"a start in another zone", casesYAML, "    timeline:\n", "    from: \"2024-03-04T21:11:44+05:45\"\n    timeline:\n", "id: key/unknown-in-the-end", `from "2024-03-04T21:11:44+05:45"`, "write an instant such as 2038-01-19T03:14:08Z"},
	{"more than a fraction of a second", casesYAML, "    timeline:\n", "    fraction: 1s\n    timeline:\n", "id: key/unknown-in-the-end", `fraction "1s"`, "write a part of a second, such as 499ms"},
	{"a fraction without a unit", casesYAML, "    timeline:\n", "    fraction: \"499\"\n    timeline:\n", "id: key/unknown-in-the-end", `fraction "499"`, "write a part of a second, such as 499ms"},
	{"a client without what it never has", casesYAML, "    timeline:\n", "    without: scret\n    timeline:\n", "id: key/unknown-in-the-end", `without "scret"`, "the profile has no such credential"},
	{"an unknown base", casesYAML, "    timeline:\n", "    base: http\n    timeline:\n", "base: http", `"http"`, "write plain"},
	{"a timeline of a server", casesYAML, "side: client", "side: server", "id: key/unknown-in-the-end", "timeline, from, fraction, ticks, zone, without and base are of client cases", "add side: client"},
	{"steps of a client", casesYAML, "    timeline:\n", "    steps: [{expect: accept}]\n    timeline:\n", "id: key/unknown-in-the-end", "a client case", "has a timeline, and no steps"},
	{"an expectation of a client", casesYAML, "    timeline:\n", "    expect: accept\n    timeline:\n", "id: key/unknown-in-the-end", "a client case", "has a timeline, and no steps"},
	{"a client that is to do nothing", casesYAML, acmeCases[strings.Index(acmeCases, "    timeline:"):], "    timeline: []\n", "id: key/unknown-in-the-end", "a client case", "has a timeline"},
	{"an unknown side of a case", casesYAML, "side: client", "side: middle", "id: key/unknown-in-the-end", `side "middle"`, "a case is of the side server or client"},

	// signatures.json
	{"JSON that breaks off", signaturesJSON, "", acmeSignatures[:300], "", "unexpected EOF", ""},
	{"text for true or false in a vector", signaturesJSON, `"valid": true`, `"valid": "yes"`, "", "string", "type bool"},
	{"a mistyped key of a vector", signaturesJSON, `"made_with"`, `"made_wiht"`, "", `unknown field "made_wiht"`, ""},
	{"a duplicate vector", signaturesJSON, `"list-without-line-feed"`, `"list"`, "", `vector "list" stands here twice`, "ids are unique"},
	{"a stage that differs", signaturesJSON, `"stages": [{"name": "signature", "value": "`, `"stages": [{"name": "signature", "value": "0`, `"id": "list"`, `vector list: stage "signature" differs`, "at byte 0"},
	{"a vector of an unknown recipe", signaturesJSON, `"recipe": "request"`, `"recipe": "reqest"`, `"id": "list"`, `vector list: the profile has no recipe "reqest"`, ""},
	{"a vector of an unknown variant", signaturesJSON, `"valid": true`, `"valid": true, "variant": {"line-edn": "feed"}`, `"id": "list"`, `acme has no variant "line-edn"`, "it has "},
	{"a mistake that is none", signaturesJSON, `"valid": true`, `"valid": false, "mistake": "no key"`, `"id": "list"`, "vector list: marked as a mistake (no key)", "but the recipe makes the same value"},
	{"a vector without stages", signaturesJSON, acmeStages, `"stages": []`, `"id": "list"`, "vector list has no stages", ""},
	{"a header that the profile does not send", signaturesJSON, `"made_with": "openssl dgst",`, `"made_with": "openssl dgst", "headers": {"X-Key": "nonsense"},`, `"id": "list"`, "vector list: X-Key: nonsense", "is not what the profile sends"},
	{"only computed vectors", signaturesJSON, `"origin": "independent", "valid": true`, `"origin": "computed", "valid": true`, "{\n", "recipe request has no valid vector from outside this project", "add one with origin documented, vendor-sdk, independent or recorded"},
	{"no vectors", signaturesJSON, "", `{"vendor": "acme", "about": "x", "vectors": []}`, "{", "recipe request has no valid vector from outside this project", "add one with origin documented, vendor-sdk, independent or recorded"},
}

func TestBadInputIsNamedByFileLineAndRemedy(t *testing.T) {
	for _, bad := range badInputs {
		t.Run(bad.claim, func(t *testing.T) {
			files := acme()
			if bad.old == "" {
				files[bad.file] = bad.new
			} else {
				if !strings.Contains(files[bad.file], bad.old) {
					t.Fatalf("%s has no text %q to replace", bad.file, bad.old)
				}
				files[bad.file] = strings.Replace(files[bad.file], bad.old, bad.new, 1)
			}
			_, err := loadAcme(files)
			if err == nil {
				t.Fatal("loads")
			}
			said := err.Error()
			if strings.ContainsAny(said, "\n\r") {
				t.Errorf("the error is several lines:\n%s", said)
			}
			where := bad.file + ":"
			if bad.at != "" {
				before, _, found := strings.Cut(files[bad.file], bad.at)
				if !found {
					t.Fatalf("%s has no text %q", bad.file, bad.at)
				}
				where = fmt.Sprintf("%s:%d:", bad.file, 1+strings.Count(before, "\n"))
			}
			if !strings.HasPrefix(said, where) {
				t.Errorf("%s\ndoes not begin with %s", said, where)
			}
			if _, id, ok := strings.Cut(bad.at, "id: "); ok && bad.file != signaturesJSON && !strings.Contains(said, id) {
				t.Errorf("%s\ndoes not name %s", said, id)
			}
			if !strings.Contains(said, bad.wrong) {
				t.Errorf("%s\ndoes not name what is wrong: %s", said, bad.wrong)
			}
			if !strings.Contains(said, bad.remedy) {
				t.Errorf("%s\ndoes not say what to do: %s", said, bad.remedy)
			}
		})
	}
}

// What can be wrong only where there is a login: in Spreetail's files, with one
// client case in the place of its own.
func TestBadClientCasesOfAVendorWithALogin(t *testing.T) {
	common, err := commonCases()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range []string{"profile.yaml", "requirements.yaml", "signatures.json"} {
		text, err := fs.ReadFile(vectors.FS, "spreetail/"+name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it signs nothing
		} else if err != nil {
			t.Fatal(err)
		}
		files["spreetail/"+name] = string(text)
	}
	for _, tt := range []struct{ claim, moments, says string }{
		{"nothing", "{call: get-order}", ""},
		{"a login called", "{call: login}", "the client logs in by itself; call an operation"},
		{"a login called later", "{}, {call: login}", "moment 2: the client logs in by itself; call an operation"},
		{"a value that a login gives", `{login: {set: {"{lifetime}": 5, "{token}": "{absent}"}}}`, ""},
		{"a value that no login gives", `{login: {set: {"{lifetmie}": 5}}}`, "set {lifetmie}: the reply to a login holds no such value"},
		{"a login refused with an unknown error", "{login: {refuse: kye}}", `the error "kye", which the profile does not document`},
		{"a delay against a limit the profile lacks", "{login: {delay: +window}}", `offset "+window": the profile has no window`},
		{"a date against a limit the profile lacks", "{answers: {date: -window}}", `offset "-window": the profile has no window`},
	} {
		files["spreetail/cases.yaml"] = "cases:\n  - {id: a/b, rule: SPR-001, side: client, timeline: [" + tt.moments + "]}\n"
		_, err := (&loader{steps: map[string]StepFunc{}, common: common}).vendor(folder(files), "spreetail")
		switch {
		case tt.says == "" && err != nil:
			t.Errorf("%s: %v", tt.claim, err)
		case tt.says != "" && (err == nil || !strings.HasPrefix(err.Error(), "spreetail/cases.yaml:2: case a/b: ") || !strings.Contains(err.Error(), tt.says)):
			t.Errorf("%s: got %v, want %s", tt.claim, err, tt.says)
		}
	}
}

func TestLoadGivesTheErrorsOfAFolder(t *testing.T) {
	for _, bad := range badInputs[:2] {
		files := acme()
		files[bad.file] = strings.Replace(files[bad.file], bad.old, bad.new, 1)
		_, direct := loadAcme(files)
		for _, names := range [][]string{nil, {"acme"}, {"trolley", "acme"}} {
			if _, err := Load(names, WithFolder(folder(files))); err == nil || err.Error() != direct.Error() {
				t.Errorf("%s: Load(%q) says %v, want %v", bad.claim, names, err, direct)
			}
		}
		if _, err := Load([]string{"trolley"}, WithFolder(folder(files))); err != nil {
			t.Errorf("%s: a vendor that was not asked for is loaded: %v", bad.claim, err)
		}
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	for file, wrong := range map[string]string{
		profileYAML:      `unknown vendor "acme": no folder of that name has a profile.yaml; known are irp, spreetail, trolley`,
		requirementsYAML: "acme/requirements.yaml:1: there is no such file",
	} {
		files := acme()
		delete(files, file)
		_, err := Load([]string{"acme"}, WithFolder(folder(files)))
		if err == nil || !strings.Contains(err.Error(), wrong) || strings.Contains(err.Error(), "\n") {
			t.Errorf("without %s: %v\nwant one line that says %s", file, err, wrong)
		}
	}
	files := acme()
	delete(files, casesYAML)
	p, err := loadAcme(files)
	if err != nil {
		t.Fatalf("a vendor has no need of cases of its own: %v", err)
	}
	for _, c := range p.Cases {
		if !strings.HasPrefix(c.File, "common/") {
			t.Errorf("case %s comes from %s", c.ID, c.File)
		}
	}
}

func TestAnUnknownVendorIsNamedWithTheKnownOnes(t *testing.T) {
	_, err := Load([]string{"trolly"})
	if err == nil || !strings.Contains(err.Error(), `unknown vendor "trolly"`) || !strings.Contains(err.Error(), "known are irp, spreetail, trolley") {
		t.Errorf("got %v", err)
	}
}

func TestAFolderAddsAndReplacesVendors(t *testing.T) {
	files := acme()
	for name, text := range acme() {
		files[strings.Replace(name, "acme", "trolley", 1)] = strings.NewReplacer("vendor: acme", "vendor: trolley", `"vendor": "acme"`, `"vendor": "trolley"`).Replace(text)
	}
	profiles, err := Load(nil, WithFolder(folder(files)))
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, p := range profiles {
		titles = append(titles, p.Vendor+": "+p.Title)
	}
	if got, want := strings.Join(titles, "; "), "acme: Acme; irp: IRP Commerce; spreetail: Spreetail; trolley: Acme"; got != want {
		t.Errorf("vendors are %s\nwant %s", got, want)
	}
}

// FuzzLoad: whatever stands in a profile or a file of cases, loading ends, with
// a vendor or with an error of one line that names the file.
func FuzzLoad(f *testing.F) {
	f.Add(false, []byte(acmeProfile))
	f.Add(true, []byte(acmeCases))
	for _, bad := range badInputs {
		if text := acme()[bad.file]; bad.file == profileYAML || bad.file == casesYAML {
			f.Add(bad.file == casesYAML, []byte(strings.Replace(text, bad.old, bad.new, 1)))
		}
	}
	for _, text := range []string{"&a [*a]", "a: &a {b: *a}", "<<: x", "? [a]\n: b\n", "!!binary x", "%YAML 9\n---\n", "{", strings.Repeat("[", 500), strings.Repeat("a: {", 500), "\xef\xbb\xbfvendor: acme", "vendor: acme\r\nflow: x\r\n"} {
		f.Add(false, []byte(text))
		f.Add(true, []byte("cases:\n  - "+text))
	}
	f.Fuzz(func(t *testing.T, cases bool, text []byte) {
		if len(text) > 1<<14 {
			return
		}
		file := profileYAML
		if cases {
			file = casesYAML
		}
		files := acme()
		files[file] = string(text)
		p, err := loadAcme(files)
		if err == nil {
			if len(p.Cases) == 0 || p.Call == nil {
				t.Errorf("loads without cases or call: %+v", p)
			}
			return
		}
		if said := err.Error(); strings.Contains(said, "\n") || !strings.HasPrefix(said, "acme/") && !strings.HasPrefix(said, "common/") {
			t.Errorf("the error is not one line that begins with a file: %q", said)
		}
	})
}
