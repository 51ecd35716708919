package driver

import (
	"fmt"
	"strings"
	"testing"
)

// unlike is a made-up secret of n bytes of which no part is there twice.
func unlike(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%04d!", i)
	}
	return b.String()[:n]
}

// Of the last words no part of a secret is told, wherever they are cut, and the
// rest of them is.
func TestLastWordsHaveNoPartOfASecret(t *testing.T) {
	for _, size := range []int{20, 1500, 4000} {
		secret := unlike(size)
		hide := func(s string) string { return strings.ReplaceAll(s, secret, "‹s›") }
		for _, between := range []int{0, 5, 3000} { // bytes from one secret to the next
			for behind := 0; behind < size+between; behind += 1 + size/20 {
				words := &tail{}
				for range 2 + 2*maxKept/(size+between) {
					_, _ = words.Write([]byte(secret)) // into memory
					_, _ = words.Write([]byte(strings.Repeat(".", between)))
				}
				_, _ = words.Write([]byte(strings.Repeat("-", behind) + "the end"))
				got := words.text(hide)
				if strings.ContainsAny(got, "0123456789!") || !strings.HasSuffix(got, strings.Repeat("-", min(behind, maxWords-7))+"the end") || len(got) > maxWords {
					t.Fatalf("secrets of %d bytes, %d apart, %d from the end: %d bytes are told: %.200q", size, between, behind, len(got), got)
				}
				if behind+between < maxWords-100 && !strings.Contains(got, "‹s›") {
					t.Fatalf("secrets of %d bytes, %d apart, %d from the end: none is told of: %.200q", size, between, behind, got)
				}
			}
		}
	}
}

// What is no secret is told to the byte, as much as is to be.
func TestLastWordsAreTold(t *testing.T) {
	same := func(s string) string { return s }
	for _, size := range []int{0, 1, maxWords, maxWords + 1, maxKept, maxKept + 1, 3 * maxKept} {
		words, wrote := &tail{}, unlike(size)
		for i := 0; i < size; i += 700 {
			_, _ = words.Write([]byte(wrote[i:min(i+700, size)])) // into memory
		}
		if got, want := words.text(same), wrote[max(size-maxWords, 0):]; got != want {
			t.Errorf("of %d bytes %d are told, want the last %d", size, len(got), len(want))
		}
	}
}
