package scripted

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
)

// transport leads a client in this process to the servers of its stage, without
// a network.
type transport struct{ stage *stage }

func (t transport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		body, err = io.ReadAll(io.LimitReader(r.Body, maxBody))
		r.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("read the request's body: %w", err)
		}
	}
	in := *r
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1234"
	in.Header = received(r.Header)
	if in.Body = http.NoBody; len(body) > 0 {
		in.Body = io.NopCloser(bytes.NewReader(body))
	}
	w := &recorder{header: http.Header{}}
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				panic(p)
			}
			if resp, err = nil, io.EOF; r.Context().Err() != nil {
				err = r.Context().Err()
			} else if w.status != 0 {
				resp, err = w.response(r), nil
				resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(w.body.Bytes()), broken{}))
			}
		}
	}()
	t.stage.serve(r.URL.Host, w, &in)
	if err := r.Context().Err(); err != nil { // the client did not wait for the answer
		return nil, err
	}
	return w.response(r), nil
}

// received is the header as a server sees it: names in their usual spelling,
// values without white space round them.
func received(sent http.Header) http.Header {
	h := make(http.Header, len(sent))
	for name, values := range sent {
		for _, v := range values {
			name := http.CanonicalHeaderKey(name)
			h[name] = append(h[name], textproto.TrimString(v))
		}
	}
	return h
}

// broken is the rest of a body whose connection ended.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

func (w *recorder) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{StatusCode: w.status, Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(bytes.NewReader(w.body.Bytes())), ContentLength: int64(w.body.Len()), Request: r}
}
