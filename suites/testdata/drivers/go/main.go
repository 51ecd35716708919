// Command go is a driver for Skewproof: it takes calls on standard input, lets the client in client.go
// make them, many at a time if need be, and says on standard output how each ended.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"
	"sync"
)

func main() {
	log.SetOutput(io.Discard) // net/http logs what a server sends unasked, and that may be a token
	var mu sync.Mutex
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	say := func(message map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		_ = out.Encode(message) // where nobody listens any more, standard input ends too
	}
	say(map[string]any{"skewproof": 1, "client": "go standard library", "concurrent": true})
	for client := newClient(); ; {
		var request struct {
			ID    json.RawMessage
			Start *string
			call
		}
		if in.Decode(&request) != nil {
			return // the end of standard input, or what is no message
		}
		if request.Start != nil {
			client = newClient()
			say(map[string]any{"id": request.ID})
			continue
		}
		go func(client vendor) {
			if a, err := client.do(request.call); err != nil {
				say(map[string]any{"id": request.ID, "error": err})
			} else {
				say(map[string]any{"id": request.ID, "status": a.Status, "body": a.Body})
			}
		}(client)
	}
}
