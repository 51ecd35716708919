package harness

import "testing"

// Every embedded vendor has its hundred server cases and its witnesses.
func TestEmbeddedVendors(t *testing.T) {
	profiles, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ requirements, vectors int }{"irp": {45, 36}, "spreetail": {40, 19}, "trolley": {45, 43}}
	if len(profiles) != len(want) {
		t.Errorf("%d vendors are embedded, want %d", len(profiles), len(want))
	}
	for _, p := range profiles {
		w := want[p.Vendor]
		if len(p.Requirements) != w.requirements || len(p.Vectors) != w.vectors || len(p.Cases) < 100 {
			t.Errorf("%s: %d requirements, %d vectors and %d cases, want %d, %d and at least 100",
				p.Vendor, len(p.Requirements), len(p.Vectors), len(p.Cases), w.requirements, w.vectors)
		}
	}
}
