package scripted

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// listener is a port of this machine on which a program finds the vendor. It
// outlives the cases, because the program does.
type listener struct {
	host   string
	server *http.Server

	mu      sync.Mutex
	playing *server // of the case in progress; nil between cases
	late    int     // requests that came between cases
}

func listen() (*listener, error) {
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a port of this machine for the scripted server: %w", err)
	}
	l := &listener{host: on.Addr().String()}
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 20, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = l.server.Serve(on) }() // until it is closed
	return l, nil
}

// serve hands the port to the server of a case, or with nil takes it back.
func (l *listener) serve(s *server) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.playing = s
}

// takeLate is how many requests have come between cases.
func (l *listener) takeLate() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.late
	l.late = 0
	return n
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	playing := l.playing
	if playing == nil {
		l.late++
	}
	l.mu.Unlock()
	if playing == nil {
		panic(http.ErrAbortHandler)
	}
	playing.ServeHTTP(w, r)
}

func (l *listener) close() { _ = l.server.Close() } // it is only ever closed at the end
