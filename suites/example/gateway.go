package example

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
)

// newGateway stands for the server you write: it verifies requests as Trolley
// does. The keys are those the profile's samples hold.
func newGateway(clk clock.Clock) http.Handler {
	secrets := map[string]string{"ALC7SKEWPROOFEXAMPLE0000": "harness-secret-key"}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			refuse(w, "Body cannot be read")
			return
		}
		stamp := r.Header.Get("X-PR-Timestamp")
		seconds, err := strconv.ParseInt(stamp, 10, 64)
		if !plain.MatchString(stamp) || len(r.Header.Values("X-PR-Timestamp")) != 1 || err != nil || off(clk.Now(), seconds) {
			refuse(w, "Timestamp is more than 30 seconds off of server time")
			return
		}
		scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		key, signature, _ := strings.Cut(credentials, ":")
		secret, known := secrets[key]
		if scheme != "prsign" || !known || len(r.Header.Values("Authorization")) != 1 {
			refuse(w, "Invalid token: not found keyPrefix="+key[:min(11, len(key))])
			return
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "\n" + r.Method + "\n" + r.URL.RequestURI() + "\n" + string(body) + "\n"))
		if !hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(signature)) {
			refuse(w, "Invalid token: bad hash")
			return
		}
		answer(w, http.StatusOK, map[string]any{"ok": true})
	})
}

var plain = regexp.MustCompile(`^[1-9][0-9]{0,11}$`)

func off(now time.Time, seconds int64) bool {
	age := now.Unix() - seconds
	return age > 30 || age < -30
}

func refuse(w http.ResponseWriter, message string) {
	answer(w, http.StatusUnauthorized, map[string]any{"ok": false, "errors": []any{map[string]string{"code": "invalid_api_key", "message": message}}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone; nobody is left to tell
}
