package harness

import "testing"

func TestLoad(t *testing.T) {
	ps, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		t.Log(p.Vendor, len(p.Cases), len(p.Vectors))
	}
}
