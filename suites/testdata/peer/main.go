// Command peer is an HTTP server that plays the API authentication of three
// vendors (Trolley, IRP Commerce and Spreetail) on one port.
//
// It is evidence, not part of the product: the suites are run against it to see
// that they accept a correct server and notice a broken one. That is worth
// something only if the peer was written apart from the suites, so it uses the
// standard library alone and shares no code with the module around it.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the command line, one field for each flag.
type options struct {
	listen     string
	offset     time.Duration
	drift      time.Duration
	delay      time.Duration
	tls        bool
	certOut    string
	broken     string
	changed    string
	list       bool
	listChange bool
	stdinGuard bool
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("peer: ")
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "address to listen on")
	flag.DurationVar(&o.offset, "clock-offset", 0, "how far the peer's clock is ahead of the real one")
	flag.DurationVar(&o.drift, "drift", 0, "how much the peer's clock gains in each minute")
	flag.DurationVar(&o.delay, "delay", 0, "wait before a request is looked at; half of it is waited again before the reply")
	flag.BoolVar(&o.tls, "tls", false, "serve HTTPS with a self-signed certificate made at start")
	flag.StringVar(&o.certOut, "cert-out", "", "with -tls, file to write the PEM certificate to")
	flag.StringVar(&o.broken, "broken", "", "comma-separated faults to switch on")
	flag.StringVar(&o.changed, "changed", "", "comma-separated changes to switch on")
	flag.BoolVar(&o.listChange, "list-changes", false, "print every change and exit")
	flag.BoolVar(&o.list, "list", false, "print every fault and exit")
	flag.BoolVar(&o.stdinGuard, "stdin-guard", false, "exit when standard input is closed")
	flag.Parse()
	if o.list {
		listFaults(os.Stdout)
		return
	}
	if o.listChange {
		listChanges(os.Stdout)
		return
	}
	if err := run(o); err != nil {
		log.Fatal(err)
	}
}

// run serves until a signal arrives or, if asked, standard input ends.
func run(o options) error {
	if o.certOut != "" && !o.tls {
		return errors.New("-cert-out needs -tls")
	}
	broken, err := parseFaults(o.broken)
	if err != nil {
		return err
	}
	changes, err := parseChanges(o.changed)
	if err != nil {
		return err
	}
	names, err := credentialsFromEnvironment()
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:                      newPeer(newClock(o.offset, o.drift), o.delay, broken, changes, names),
		ReadHeaderTimeout:            10 * time.Second,
		DisableGeneralOptionsHandler: true, // so that the Date of that reply is ours too
	}
	if o.tls {
		certificate, err := selfSigned(o.certOut)
		if err != nil {
			return err
		}
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if o.stdinGuard {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}

	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	if o.tls {
		fmt.Printf("listening on https://%s\n", listener.Addr())
		go func() { served <- server.ServeTLS(listener, "", "") }()
	} else {
		fmt.Printf("listening on http://%s\n", listener.Addr())
		go func() { served <- server.Serve(listener) }()
	}

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}
