// Command driver puts a real driver between the harness and itself, and has it
// tell its secrets: the credentials in its environment, and every token that the
// vendor grants. What it knows it writes to a file, one JSON string a line, so
// that who started it can look for it.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
)

var (
	known = flag.String("known", "", "file to add what is secret to")
	inner = flag.String("real", "", "the driver that makes the calls")
)

func main() {
	log.SetFlags(0)
	flag.Parse()
	how := flag.Arg(0)
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); secretName.MatchString(name) && value != "" {
			learn(value)
		}
	}
	front, err := tap(strings.TrimPrefix(os.Getenv("SKEWPROOF_BASE_URL"), "http://"))
	if err != nil {
		log.Fatal(err)
	}
	cmd := exec.Command(*inner)
	cmd.Env = append(os.Environ(), "SKEWPROOF_BASE_URL=http://"+front)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		log.Fatal(err)
	}
	greeted := false
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 2<<20)
	for lines.Scan() {
		var m map[string]json.RawMessage
		_ = json.Unmarshal(lines.Bytes(), &m) // it speaks the protocol
		switch {
		case !greeted:
			greeted = true
			greet(how, lines.Text())
		case m["status"] != nil || m["error"] != nil || m["skip"] != nil:
			tell(how, m["id"], lines.Text())
		default:
			fmt.Println(lines.Text())
		}
	}
	_ = cmd.Wait() // what it was for is done
}

var secretName = regexp.MustCompile(`^SKEWPROOF_.*_(SECRET|SECRET_KEY|TOKEN_KEY)$`)

var (
	mu      sync.Mutex
	secrets []string
)

// learn notes a secret.
func learn(secret string) {
	mu.Lock()
	defer mu.Unlock()
	for _, s := range secrets {
		if s == secret {
			return
		}
	}
	secrets = append(secrets, secret)
	f, err := os.OpenFile(*known, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		err = json.NewEncoder(f).Encode(secret)
	}
	if err != nil {
		log.Fatal("the file of what is known cannot be written")
	}
	f.Close()
}

var granted = regexp.MustCompile(`"(?:access_token|AuthenticationToken)":\s*"([^"]{16,})"`)

// tap listens, passes every byte on, and reads along what the vendor answers.
func tap(to string) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			go pass(front, to)
		}
	}()
	return l.Addr().String(), nil
}

func pass(front net.Conn, to string) {
	defer front.Close()
	back, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer back.Close()
	go func() {
		_, _ = io.Copy(back, front)
		back.Close()
	}()
	var said bytes.Buffer
	for buf := make([]byte, 64<<10); ; {
		n, err := back.Read(buf)
		said.Write(buf[:n])
		for _, token := range granted.FindAllSubmatch(said.Bytes(), -1) {
			learn(string(token[1]))
		}
		if n > 0 {
			if _, err := front.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// spelt are all secrets as programs print them.
func spelt() string {
	mu.Lock()
	defer mu.Unlock()
	var b strings.Builder
	for _, s := range secrets {
		fmt.Fprintf(&b, "[[plain]]%s [[base64]]%s [[Basic]]%s [[hex]]%X [[URL]]%s [[quoted]]%q\n", s, base64.StdEncoding.EncodeToString([]byte(s)),
			base64.StdEncoding.EncodeToString([]byte("me:"+s)), s, url.QueryEscape(s), s)
	}
	return b.String()
}

// first is the secret that the client was given, and last the newest, a token if
// there is one.
func first() string {
	mu.Lock()
	defer mu.Unlock()
	return secrets[0]
}

func last() string {
	mu.Lock()
	defer mu.Unlock()
	return secrets[len(secrets)-1]
}

func greet(how, line string) {
	switch how {
	case "greets-with-it":
		fmt.Printf("{\"skewproof\": 1, \"client\": %s, \"concurrent\": true}\n", text(spelt()))
	case "junk-first":
		fmt.Println("[[junk-first]]" + first())
	case "junk-first-cut":
		fmt.Println(strings.Repeat("x", 90) + "[[j]]" + first())
	case "dies-at-once":
		fmt.Fprint(os.Stderr, spelt())
		os.Exit(7)
	default:
		fmt.Println(line)
	}
}

// tell answers a call, or whatever it does instead.
func tell(how string, id json.RawMessage, line string) {
	switch how {
	case "message":
		fmt.Printf("{\"id\": %s, \"error\": {\"kind\": \"other\", \"message\": %s}}\n", id, text(spelt()))
	case "traceback":
		fmt.Printf("{\"id\": %s, \"error\": {\"kind\": \"crash\", \"message\": %s}}\n", id, text("Traceback (most recent call last):\n  File \"client.py\", line 7, in sign\n    hmac.new("+spelt()+")\n"))
	case "kind":
		fmt.Printf("{\"id\": %s, \"error\": {\"kind\": %s, \"message\": \"\"}}\n", id, text("[[kind]]"+last()))
	case "body":
		fmt.Printf("{\"id\": %s, \"status\": 200, \"body\": %s}\n", id, text(spelt()))
	case "skip":
		fmt.Printf("{\"id\": %s, \"skip\": %s}\n", id, text(spelt()))
	case "stderr":
		fmt.Fprint(os.Stderr, spelt())
		fmt.Println(line)
	case "environment":
		fmt.Fprintln(os.Stderr, strings.Join(os.Environ(), "\n"))
		fmt.Println(line)
		os.Exit(7)
	case "exit":
		fmt.Fprint(os.Stderr, spelt())
		os.Exit(7)
	case "panic":
		panic(spelt())
	case "panic-of-error":
		panic(fmt.Errorf("sign: %w", &url.Error{Op: "Post", URL: "http://" + last() + "@localhost/?k=" + url.QueryEscape(first()), Err: io.EOF}))
	case "last-words-cut": // of which the end is kept
		fmt.Fprint(os.Stderr, first()+strings.Repeat("x", 4096-len(first())+10))
		os.Exit(7)
	case "junk":
		fmt.Println("[[junk]]" + first())
	case "junk-cut":
		fmt.Println(strings.Repeat("x", 70) + first())
	case "junk-token":
		fmt.Println("[[junk-token]]" + last())
	case "huge":
		fmt.Println(strings.Repeat(last()+" ", 2<<20/len(last())))
	case "id":
		fmt.Printf("{\"id\": %s, \"status\": 200}\n", text("[[id]]"+first()))
	case "neither":
		fmt.Printf("{\"id\": %s, \"secret\": %s}\n", id, text(first()))
	case "cut-message": // where a report cuts it
		fmt.Printf("{\"id\": %s, \"error\": {\"kind\": \"other\", \"message\": %s}}\n", id, text(strings.Repeat("x", 290)+last()+strings.Repeat("y", 690)+first()))
	default:
		fmt.Println(line)
	}
}

func text(s string) []byte {
	b, _ := json.Marshal(s) // a text has no way to fail
	return b
}
