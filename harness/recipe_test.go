package harness

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// resultOf runs a recipe over a copy of the inputs and gives the last stage.
func resultOf(t testing.TB, r Recipe, inputs Values) string {
	t.Helper()
	stages := r.Run(maps.Clone(inputs), nil)
	if len(stages) == 0 {
		t.Fatal("the recipe has no stages")
	}
	return stages[len(stages)-1].Value
}

// trolleySignature is Trolley's signature, written out.
func trolleySignature(secret, timestamp, method, target, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "\n" + method + "\n" + target + "\n" + body + "\n"))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestTrolleySignatureIsTheOneComputedByHand(t *testing.T) {
	p := shipped(t, "trolley")
	for _, tt := range []struct{ claim, secret, timestamp, method, target, body string }{
		{"a call without a body", "harness-secret-key", "1709586704", "GET", "/v1/recipients", ""},
		{"a query is part of the path", "harness-secret-key", "1709586704", "GET", "/v1/recipients?page=1&pageSize=10", ""},
		{"a body", "harness-secret-key", "1709586704", "POST", "/v1/batches/", `{"description":"x"}`},
		{"a body outside ASCII", "harness-secret-key", "1709586704", "POST", "/v1/recipients", `{"firstName":"Zoë","note":"😀 日本語"}`},
		{"a body of several lines", "harness-secret-key", "1709586704", "POST", "/v1/invoices/get", "{\n  \"a\" : 1\r\n}\n"},
		{"a path outside ASCII", "harness-secret-key", "1709586704", "GET", "/v1/recipients?search=Zoë Müller", ""},
		{"a secret outside ASCII", "clé-secrète-🔑", "1709586704", "GET", "/v1/recipients", ""},
		{"a secret longer than the hash's block", strings.Repeat("long-secret-", 20), "1709586704", "DELETE", "/v1/batches/B-1", ""},
		{"after 2038", "harness-secret-key", "4294967296", "GET", "/v1/recipients", ""},
		{"bytes that are no UTF-8", "harness-secret-key", "1709586704", "POST", "/v1/recipients", "\xff\xfe\x00"},
		{"braces in the body are not read as names", "harness-secret-key", "1709586704", "POST", "/v1/recipients", "{timestamp}{secret_key}"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			inputs := Values{"secret_key": tt.secret, "timestamp": tt.timestamp, "method": tt.method, "target": tt.target, "body": tt.body}
			want := trolleySignature(tt.secret, tt.timestamp, tt.method, tt.target, tt.body)
			if got := resultOf(t, p.Request, inputs); got != want {
				t.Errorf("the recipe makes %s\nby hand it is %s", got, want)
			}
		})
	}
	t.Run("without the last line feed, under the variant", func(t *testing.T) {
		mac := hmac.New(sha256.New, []byte("s3cr3t"))
		mac.Write([]byte("1\nGET\n/\nZoë"))
		want := hex.EncodeToString(mac.Sum(nil))
		inputs := Values{"secret_key": "s3cr3t", "timestamp": "1", "method": "GET", "target": "/", "body": "Zoë"}
		if got := resultOf(t, under(t, p, "trailing-newline", "absent").Request, inputs); got != want {
			t.Errorf("the recipe makes %s\nby hand it is %s", got, want)
		}
	})
	t.Run("of a webhook", func(t *testing.T) {
		mac := hmac.New(sha256.New, []byte("hook"))
		mac.Write([]byte("1709586704" + `{"name":"Zoë"}`))
		want := hex.EncodeToString(mac.Sum(nil))
		if got := resultOf(t, p.Webhook, Values{"webhook_secret": "hook", "timestamp": "1709586704", "body": `{"name":"Zoë"}`}); got != want {
			t.Errorf("the recipe makes %s\nby hand it is %s", got, want)
		}
	})
}

// irpDigest is IRP Commerce's double hash, written out.
func irpDigest(subject, timestamp, secret string) []byte {
	first := sha1.Sum([]byte(subject + "." + timestamp))
	second := sha1.Sum([]byte(hex.EncodeToString(first[:]) + "." + secret))
	return second[:]
}

func TestIRPSignatureIsTheOneComputedByHand(t *testing.T) {
	p := shipped(t, "irp")
	decimal := under(t, p, "encoding", "decimal")
	for _, tt := range []struct{ claim, subject, timestamp, secret string }{
		{"a login", "sbBgu2lEG06LQbP94clrHSDPPHCZPthY", "2018-10-16 14:27:31", "harness-shared-secret"},
		{"a token with a slash and a plus", "YmWaLx5DyTrZbKrxq2cfhKGw3/1XC8q+", "2018-10-02 11:53:39", "harness-shared-secret"},
		{"a leap day", "poIx6a6wYCQJPdDcBbUs2cApYjU0aQFq", "2024-02-29 23:59:59", "harness-shared-secret"},
		{"values outside ASCII", "Zoë-😀", "2018-10-16 14:27:31", "clé-secrète"},
		{"a secret with dots", "key", "2018-10-16 14:27:31", "a.b.c"},
		{"an empty secret", "key", "2018-10-16 14:27:31", ""},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			inputs := Values{"subject": tt.subject, "timestamp": tt.timestamp, "shared_secret": tt.secret}
			digest := irpDigest(tt.subject, tt.timestamp, tt.secret)
			if got, want := resultOf(t, p.Request, inputs), hex.EncodeToString(digest); got != want {
				t.Errorf("the recipe makes %s\nby hand it is %s", got, want)
			}
			want := ""
			for _, b := range digest {
				want += fmt.Sprint(b)
			}
			if got := resultOf(t, decimal.Request, inputs); got != want {
				t.Errorf("in decimal the recipe makes %s\nby hand it is %s", got, want)
			}
		})
	}
}

// spreetailToken is a JSON Web Token after RFC 7515, written out.
func spreetailToken(clientID, issued, expires, key string) string {
	encode := func(b []byte) string {
		return strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(base64.StdEncoding.EncodeToString(b)), "=")
	}
	header := encode([]byte(`{"alg":"HS256","typ":"JWT"}`))
	payload := encode([]byte(`{"sub":"` + clientID + `","client_id":"` + clientID + `","iat":` + issued + `,"exp":` + expires + `}`))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(header + "." + payload))
	return header + "." + payload + "." + encode(mac.Sum(nil))
}

func TestSpreetailTokenIsTheOneComputedByHand(t *testing.T) {
	p := shipped(t, "spreetail")
	for _, tt := range []struct{ claim, clientID, issued, expires, key string }{
		{"a day", "client-abc-123", "1735689600", "1735776000", "harness-hs256-key-at-least-32-bytes!"},
		{"no padding where one letter is left over", "client-abc-12", "1735689600", "1735776000", "harness-hs256-key-at-least-32-bytes!"},
		{"no padding where two letters are left over", "client-abc-1", "1735689600", "1735776000", "harness-hs256-key-at-least-32-bytes!"},
		{"letters that base64 writes as plus and slash", "client->>>???~~~", "1735689600", "1735776000", "harness-hs256-key-at-least-32-bytes!"},
		{"a client outside ASCII", "Zoë-😀", "1735689600", "1735776000", "clé-secrète-clé-secrète-clé-secrète"},
		{"after 2038", "client-abc-123", "4294967296", "4295053696", "k"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			inputs := Values{"client_id": tt.clientID, "issued": tt.issued, "expires": tt.expires, "token_key": tt.key}
			want := spreetailToken(tt.clientID, tt.issued, tt.expires, tt.key)
			if got := resultOf(t, p.Token.Recipe, inputs); got != want {
				t.Errorf("the recipe makes %s\nby hand it is %s", got, want)
			}
		})
	}
}

func TestEveryStepGivesWhatAnotherToolGives(t *testing.T) {
	const (
		text = "Zoë & Co=1/2?~"     // IN below
		key  = "harness-secret-kéy" // KEY below
	)
	tried := map[string]bool{}
	// sh: IN='Zoë & Co=1/2?~' KEY='harness-secret-kéy'
	for _, tt := range []struct{ step, in, want string }{
		// printf %s "$IN" | openssl dgst -md5 (and so on)
		{"md5", text, "7457623f244703ec1e9335f48f05bc17"},
		{"sha1", text, "3961f0af6141fd340835e06a7e227bf18fe616e6"},
		{"sha256", text, "f71c71646c4106d07051d174dcec63a9b97cc45dd95b0cb18c98e78c3010540e"},
		{"sha512", text, "2f6a64a1dea5ecc1414284846bb500a4a9b6cf6f622a61c666d1041d37a5eb33d931745e908f79df34c37e0a6fc7b57e66f87e17df1903d26b70b183e5d9b8a8"},
		// printf %s "$IN" | openssl dgst -md5 -hmac "$KEY" (and so on)
		{"hmac-md5 key", text, "9dfe81c6bee7b5edbbdb0c18464e555b"},
		{"hmac-sha1 key", text, "a8318856e5619024135b536e9c5687e116de226b"},
		{"hmac-sha256 key", text, "460f074c1d1649ebb0f627fae03468c5e5a7736074e71e066b369b832b2a6375"},
		{"hmac-sha384 key", text, "ed7ca8fcbbcc81118a55a6900eecacd422a510f83b64ec6437fd304e5cd7a3758f26c2dbd84d96dce0baf0da2c4e1f71"},
		{"hmac-sha512 key", text, "b512c5b1b408bacc14d14640b22e32ffad4c04f85ec4442eb8a1184eb6a646e380d6843f981cd2c86dd0e3d49bae2f2bcc04cf5b95fc4f25e21c8d6f5489bc29"},
		// printf %s "$IN" | xxd -p
		{"hex", text, "5a6fc3ab202620436f3d312f323f7e"},
		{"hex", "\xfb\xff\xfe\x00\x01\x09\x0a\x63\x64\xff", "fbfffe0001090a6364ff"},
		// printf %s "$IN" | openssl base64 -A
		{"base64", text, "Wm/DqyAmIENvPTEvMj9+"},
		// python3 -c 'import base64; print(base64.b64encode(bytes([0xfb,0xff,0xfe,0,1,9,10,99,100,255])).decode())'
		{"base64", "\xfb\xff\xfe\x00\x01\x09\x0a\x63\x64\xff", "+//+AAEJCmNk/w=="},
		// python3 -c 'import base64; print(base64.urlsafe_b64encode("Zoë & Co=1/2?~".encode()).decode().rstrip("="))'
		{"base64url", text, "Wm_DqyAmIENvPTEvMj9-"},
		{"base64url", "\xfb\xff\xfe\x00\x01\x09\x0a\x63\x64\xff", "-__-AAEJCmNk_w"},
		// python3 -c 'print("".join(map(str, "Zoë & Co=1/2?~".encode())))'
		{"decimal-bytes", text, "90111195171323832671116149475063126"},
		{"decimal-bytes", "\xfb\xff\xfe\x00\x01\x09\x0a\x63\x64\xff", "2512552540191099100255"},
		// python3 -c 'print("Zoë & Co=1/2?~".upper())' (and lower)
		{"upper", text, "ZOË & CO=1/2?~"},
		{"lower", "ZOË & CO=1/2?~", "zoë & co=1/2?~"},
		// python3 -c 'import urllib.parse; print(urllib.parse.quote("Zoë&Co=1/2?~+", safe=""))'
		{"percent-encode", "Zoë&Co=1/2?~+", "Zo%C3%AB%26Co%3D1%2F2%3F~%2B"},
		// python3 -c 'import urllib.parse; print(urllib.parse.quote("".join(map(chr, range(33, 127))), safe=""))'
		{"percent-encode", printable(), "%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F%40ABCDEFGHIJKLMNOPQRSTUVWXYZ%5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~"},
		// Nothing in, nothing of one's own out: printf '' | openssl dgst -sha256
		{"sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"hex", "", ""}, {"base64", "", ""}, {"base64url", "", ""}, {"decimal-bytes", "", ""}, {"upper", "", ""}, {"lower", "", ""}, {"percent-encode", "", ""},
	} {
		t.Run(tt.step, func(t *testing.T) {
			step, err := compileStep(tt.step, nil)
			if err != nil {
				t.Fatal(err)
			}
			in := []byte(tt.in)
			got := step.do(in, []byte(key))
			if digest := strings.Contains(tt.step, "sha") || strings.Contains(tt.step, "md5"); digest {
				got = []byte(hex.EncodeToString(got))
			}
			if string(got) != tt.want {
				t.Errorf("%s of %q is %s, want %s", tt.step, tt.in, got, tt.want)
			}
			if string(in) != tt.in {
				t.Errorf("%s has changed its input to %q", tt.step, in)
			}
		})
		tried[strings.Fields(tt.step)[0]] = true
	}
	for name := range builtinSteps {
		if !tried[name] {
			t.Errorf("no row for the step %s", name)
		}
	}
}

func TestDecimalBytesAreNotInjective(t *testing.T) {
	zeros := make([]byte, 18)
	one := append([]byte{1, 23}, zeros...)
	other := append([]byte{12, 3}, zeros...)
	if bytes.Equal(one, other) {
		t.Fatal("the two digests are to differ")
	}
	a, b := decimalBytes(one), decimalBytes(other)
	if want := "123" + strings.Repeat("0", 18); string(a) != want || string(b) != want {
		t.Errorf("%v is %s and %v is %s, want %s for both: two digests, one text", one, a, other, b, want)
	}
}

func TestStepsAreWrittenRight(t *testing.T) {
	double := StepFunc(func(in, _ []byte) []byte { return append(slices.Clone(in), in...) })
	for text, names := range map[string]string{
		"hex": "", " hex ": "", "hmac-sha256 secret_key": "", "double": "",
		"hxe":                `unknown step "hxe"; known are base64, `,
		"HEX":                `unknown step "HEX"`,
		"":                   `unknown step ""`,
		"hmac-sha256":        "an hmac step names its key",
		"hex secret_key":     "an hmac step names its key",
		"sha256  secret_key": "an hmac step names its key",
	} {
		_, err := compileStep(text, map[string]StepFunc{"double": double})
		if (err == nil) != (names == "") || err != nil && !strings.Contains(err.Error(), names) {
			t.Errorf("step %q: %v, want an error that says %q", text, err, names)
		}
	}
}

func TestStagesAreTracedInOrder(t *testing.T) {
	p := shipped(t, "irp")
	inputs := Values{"subject": "key", "timestamp": "2018-10-16 14:27:31", "shared_secret": "secret"}
	first := sha1.Sum([]byte("key.2018-10-16 14:27:31"))
	want := []Stage{{"before", "kept"}, {"inner", hex.EncodeToString(first[:])}, {"signature", hex.EncodeToString(irpDigest("key", "2018-10-16 14:27:31", "secret"))}}
	got := p.Request.Run(inputs, []Stage{{"before", "kept"}})
	if !slices.Equal(got, want) {
		t.Errorf("stages are %q, want %q", got, want)
	}
	for _, s := range want[1:] {
		if inputs[s.Name] != s.Value {
			t.Errorf("the value %s is %q, want the stage's %q", s.Name, inputs[s.Name], s.Value)
		}
	}
	if got, want := p.Request.result(), "signature"; got != want {
		t.Errorf("the recipe makes %q, want %q", got, want)
	}
	if got, want := p.Request.inputs(), []string{"subject", "timestamp", "shared_secret"}; !slices.Equal(got, want) {
		t.Errorf("the recipe draws on %q, want %q: neither its own stages nor anything twice", got, want)
	}
}

func TestAStageLongerThanTheBufferIsWhole(t *testing.T) {
	p := shipped(t, "trolley")
	body := strings.Repeat("Zoë😀", 100_000)
	inputs := Values{"secret_key": "k", "timestamp": "1", "method": "POST", "target": "/", "body": body}
	if got, want := resultOf(t, p.Request, inputs), trolleySignature("k", "1", "POST", "/", body); got != want {
		t.Errorf("the recipe makes %s, by hand it is %s", got, want)
	}
	stages := p.Request.Run(inputs, nil)
	if stages[0].Value != "1\nPOST\n/\n"+body+"\n" {
		t.Error("the message is not whole, or was overwritten by a later stage")
	}
}

func TestFirstDifferenceNamesStageAndByte(t *testing.T) {
	want := []Stage{{"inner", "abcdef"}, {"signature", "012345"}}
	for _, tt := range []struct {
		claim  string
		got    []Stage
		stage  string
		at     int
		differ bool
	}{
		{"the same", []Stage{{"inner", "abcdef"}, {"signature", "012345"}}, "", 0, false},
		{"the first stage", []Stage{{"inner", "abXdef"}, {"signature", "012345"}}, "inner", 2, true},
		{"the first of two that differ", []Stage{{"inner", "abcdeX"}, {"signature", "X12345"}}, "inner", 5, true},
		{"the last stage", []Stage{{"inner", "abcdef"}, {"signature", "X12345"}}, "signature", 0, true},
		{"where the shorter value ends", []Stage{{"inner", "abc"}, {"signature", "012345"}}, "inner", 3, true},
		{"where the expected value ends", []Stage{{"inner", "abcdefg"}, {"signature", "012345"}}, "inner", 6, true},
		{"an empty value", []Stage{{"inner", ""}, {"signature", "012345"}}, "inner", 0, true},
		{"a stage of another name", []Stage{{"outer", "abcdef"}, {"signature", "012345"}}, "inner", 0, true},
		{"a missing stage", []Stage{{"inner", "abcdef"}}, "signature", 0, true},
		{"no stages", nil, "inner", 0, true},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			stage, at, differ := firstDifference(want, tt.got)
			if stage != tt.stage || at != tt.at || differ != tt.differ {
				t.Errorf("stage %q, byte %d, %v; want %q, %d, %v", stage, at, differ, tt.stage, tt.at, tt.differ)
			}
		})
	}
}

func TestEveryShippedVectorIsRefusedWhenAnyStageChanges(t *testing.T) {
	for _, vendor := range []string{"trolley", "irp", "spreetail"} {
		p := shipped(t, vendor)
		if len(p.Vectors) == 0 {
			t.Errorf("%s has no vectors", vendor)
		}
		for _, v := range p.Vectors {
			if err := p.CheckVector(v); err != nil {
				t.Errorf("%s: %v", vendor, err)
			}
			if !v.Valid {
				continue
			}
			for i, s := range v.Stages {
				changed := *v
				changed.Stages = slices.Clone(v.Stages)
				changed.Stages[i].Value = flipAt(s.Value, len(s.Value)-1)
				err := p.CheckVector(&changed)
				if want := fmt.Sprintf("stage %q differs from the recipe's at byte %d", s.Name, len(s.Value)-1); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), v.ID) {
					t.Errorf("%s: %s with %s changed: %v, want an error that says: %s", vendor, v.ID, s.Name, err, want)
				}
			}
		}
	}
}

func TestCheckVectorRefuses(t *testing.T) {
	p := shipped(t, "irp")
	valid := p.Vectors[0]
	if !valid.Valid || len(valid.Stages) != 2 || len(valid.Variant) > 0 {
		t.Fatalf("the first vector is to be valid, of two stages, without variant: %+v", valid)
	}
	for _, tt := range []struct {
		claim  string
		change func(*Vector)
		names  string
	}{
		{"a stage left out", func(v *Vector) { v.Stages = v.Stages[1:] }, `stage "signature"`},
		{"stages in another order", func(v *Vector) { v.Stages = []Stage{v.Stages[1], v.Stages[0]} }, `stage "signature"`},
		{"a stage of another name", func(v *Vector) { v.Stages[0].Name = "outer" }, `stage "outer"`},
		{"a stage too many", func(v *Vector) { v.Stages = append(v.Stages, Stage{"third", ""}) }, `stage "third"`},
		{"the last stage left out", func(v *Vector) { v.Stages = v.Stages[:1] }, valid.ID},
		{"no stages", func(v *Vector) { v.Stages = nil }, "no stages"},
		{"another input", func(v *Vector) { v.Inputs["timestamp"] += " " }, `stage "inner"`},
		{"an input left out", func(v *Vector) { delete(v.Inputs, "shared_secret") }, `stage "signature"`},
		{"another variant", func(v *Vector) { v.Variant = map[string]string{"encoding": "decimal"} }, `stage "signature"`},
		{"an unknown variant", func(v *Vector) { v.Variant = map[string]string{"encodign": "hex"} }, `"encodign"`},
		{"an unknown value of a variant", func(v *Vector) { v.Variant = map[string]string{"encoding": "octal"} }, `"octal"`},
		{"an unknown recipe", func(v *Vector) { v.Recipe = "reqest" }, `"reqest"`},
		{"a recipe the profile does not have", func(v *Vector) { v.Recipe = "webhook" }, `"webhook"`},
		{"a mistake that is none", func(v *Vector) { v.Valid, v.Mistake = false, "signed twice" }, "marked as a mistake (signed twice), but the recipe makes the same value"},
	} {
		t.Run(tt.claim, func(t *testing.T) {
			v := *valid
			v.Inputs, v.Stages = maps.Clone(valid.Inputs), slices.Clone(valid.Stages)
			tt.change(&v)
			err := p.CheckVector(&v)
			if err == nil || !strings.Contains(err.Error(), tt.names) || !strings.Contains(err.Error(), valid.ID) {
				t.Errorf("got %v, want an error that names %s and the vector", err, tt.names)
			}
		})
	}
	if err := p.CheckVector(valid); err != nil {
		t.Errorf("afterwards the vector itself is refused: %v", err)
	}
}

func TestCheckVectorLeavesItsInputsAlone(t *testing.T) {
	p := shipped(t, "irp")
	v := p.Vectors[0]
	before := maps.Clone(v.Inputs)
	if err := p.CheckVector(v); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, v.Inputs) {
		t.Errorf("the inputs were %q and are %q", before, v.Inputs)
	}
}

func TestARecipeNeedsAWitnessFromOutside(t *testing.T) {
	for origin, enough := range map[string]bool{"documented": true, "vendor-sdk": true, "independent": true, "recorded": true, "computed": false} {
		files := acme()
		files["acme/signatures.json"] = strings.ReplaceAll(acmeSignatures, `"origin": "independent"`, `"origin": "`+origin+`"`)
		_, err := loadAcme(files)
		if (err == nil) != enough {
			t.Errorf("with vectors of the origin %s alone: %v", origin, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "acme/signatures.json") || !strings.Contains(err.Error(), "recipe request has no valid vector from outside") || !strings.Contains(err.Error(), "add one with origin")) {
			t.Errorf("%v\ndoes not name file, recipe and remedy", err)
		}
	}
	// A mistake shows what a wrong signer makes, and witnesses for nothing.
	files := acme()
	files["acme/signatures.json"] = strings.Replace(acmeSignatures, `"origin": "independent", "valid": true`, `"origin": "computed", "valid": true`, 1)
	if _, err := loadAcme(files); err == nil || !strings.Contains(err.Error(), "recipe request has no valid vector from outside") {
		t.Errorf("with an independent mistake and a computed value: %v", err)
	}
}

func TestOwnStepsAreFoundByName(t *testing.T) {
	files := acme()
	files["acme/profile.yaml"] = strings.Replace(acmeProfile, "steps: [hmac-sha256 secret, hex]", "steps: [rot13, hmac-sha256 secret, hex]", 1)
	delete(files, "acme/signatures.json")
	if _, err := Load([]string{"acme"}, WithFolder(folder(files))); err == nil || !strings.Contains(err.Error(), `"rot13"`) {
		t.Errorf("a step nobody has registered: %v", err)
	}
	profiles, err := Load([]string{"acme"}, WithFolder(folder(files)), WithStep("rot13", func(in, _ []byte) []byte {
		out := slices.Clone(in)
		for i, c := range out {
			if c >= 'A' && c <= 'Z' {
				out[i] = 'A' + (c-'A'+13)%26
			}
		}
		return out
	}))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte("s"))
	mac.Write([]byte("1\nTRG/things"))
	got := resultOf(t, profiles[0].Request, Values{"timestamp": "1", "method": "GET", "target": "/things", "secret": "s"})
	if want := hex.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("the recipe makes %s, by hand it is %s", got, want)
	}
}

// printable is every character of ASCII that is neither space nor control.
func printable() string {
	var b []byte
	for c := byte(33); c < 127; c++ {
		b = append(b, c)
	}
	return string(b)
}
