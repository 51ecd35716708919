// Command broken is a driver that goes wrong in the way its argument names, at the call of one case or of every
// case; else it says that it cannot make the call. With -pids it adds its process id, and its child's, to a file.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

var (
	in   = flag.String("in", "", "full name of the case to go wrong in; default every one")
	pids = flag.String("pids", "", "file to add process ids to")
)

const greeting = `{"skewproof": 1, "client": "broken", "concurrent": true}`

func main() {
	flag.Parse()
	note(os.Getpid())
	how := flag.Arg(0)
	greet(how)
	var wrong bool
	for lines := bufio.NewReader(os.Stdin); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		var m struct {
			ID          int64
			Start, Call *string
		}
		if json.Unmarshal([]byte(line), &m) != nil {
			os.Exit(2)
		}
		switch {
		case m.Start != nil:
			wrong = *in == "" || *m.Start == *in
			say(`{"id": %d}`, m.ID)
			switch {
			case wrong && how == "exit-after-start":
				os.Exit(7)
			case wrong && how == "stop-reading":
				sleep()
			}
		case wrong:
			call(how, m.ID, line)
		default:
			say(`{"id": %d, "skip": "it is broken"}`, m.ID)
		}
	}
	if how == "ignore-end" {
		sleep()
	}
}

// greet says the first line, or what is none.
func greet(how string) {
	switch how {
	case "exit":
		fmt.Fprintln(os.Stderr, "no licence found")
		os.Exit(7)
	case "exit-quietly":
		os.Exit(0)
	case "silent":
		sleep()
	case "version-2":
		say(`{"skewproof": 2, "client": "broken"}`)
	case "junk-first":
		say("Starting up...")
	case "greet-in-many-bytes":
		say(`{"skewproof": 1, "client": "%s"}`, strings.Repeat("x", 2<<20))
	case "deaf": // never reads its input
		say(greeting)
		sleep()
	default:
		say(greeting)
	}
}

// call answers a call, or does not.
func call(how string, id int64, line string) {
	switch how {
	case "junk":
		say("debug: about to call")
	case "junk-bytes":
		say("\xff\x00\x1b[31m%s", strings.Repeat("x", 5000))
	case "wrong-id":
		say(`{"id": %d, "status": 200}`, id+1000)
	case "no-id":
		say(`{"status": 200}`)
	case "id-as-text":
		say(`{"id": "%d", "status": 200}`, id)
	case "twice":
		say(`{"id": %d, "skip": "it is broken"}`+"\n"+`{"id": %[1]d, "skip": "it is broken"}`, id)
	case "huge-line":
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for range 100 {
			if _, err := os.Stdout.Write(chunk); err != nil {
				sleep() // the harness is the one to end this
			}
		}
		say("")
	case "exit-in-call":
		fmt.Fprintln(os.Stderr, "Traceback: no such host")
		os.Exit(7)
	case "exit-after-answer":
		say(`{"id": %d, "skip": "it is broken"}`, id)
		os.Exit(7)
	case "hang":
		sleep()
	case "close-output":
		os.Stdout.Close()
		sleep()
	case "neither":
		say(`{"id": %d}`, id)
	case "kind-missing":
		say(`{"id": %d, "error": {"message": "it went wrong"}}`, id)
	case "kind-unknown":
		say(`{"id": %d, "error": {"kind": "oops", "message": "it went wrong"}}`, id)
	case "fork", "fork-and-exit":
		child := exec.Command(os.Args[0], "silent")
		child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			os.Exit(2)
		}
		note(child.Process.Pid)
		if how == "fork" {
			say(`{"id": %d, "skip": "it is broken"}`, id)
			os.Stdout.Close()
		}
		os.Exit(7)
	case "chatter", "chatter-and-exit":
		for range 1 << 15 {
			fmt.Fprintf(os.Stderr, "%s\n", strings.Repeat("chatter ", 16))
		}
		if how == "chatter-and-exit" {
			fmt.Fprintln(os.Stderr, "the end")
			os.Exit(7)
		}
		say(`{"id": %d, "skip": "it is broken"}`, id)
	case "secret", "secret-and-exit":
		for _, pair := range os.Environ() {
			if name, value, _ := strings.Cut(pair, "="); strings.HasSuffix(name, "_SECRET") || strings.HasSuffix(name, "_SECRET_KEY") {
				fmt.Fprintln(os.Stderr, "debug: signing with", value)
			}
		}
		if how == "secret-and-exit" {
			os.Exit(7)
		}
		say(`{"id": %d, "error": {"kind": "network", "message": "no whole answer"}}`, id)
	case "echo": // right enough to see what it was asked
		answer(id, line)
	case "arguments":
		answer(id, strings.Join(flag.Args()[1:], "\n"))
	case "environment":
		answer(id, strings.Join(os.Environ(), "\n"))
	default:
		say(`{"id": %d, "skip": "it is broken"}`, id)
	}
}

func say(format string, values ...any) { fmt.Printf(format+"\n", values...) }

func answer(id int64, body string) {
	text, _ := json.Marshal(body) // a text has no way to fail
	say(`{"id": %d, "status": 200, "body": %s}`, id, text)
}

// sleep outlasts every test; it is meant to be killed.
func sleep() { time.Sleep(time.Hour) }

func note(pid int) {
	if *pids == "" {
		return
	}
	f, err := os.OpenFile(*pids, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = fmt.Fprintln(f, pid)
	}
	if err != nil {
		os.Exit(2)
	}
	f.Close()
}
