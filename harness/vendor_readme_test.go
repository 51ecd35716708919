package harness

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// readmeVariants reads the table of variants of a vendor's README: a row for
// each, as its cells. The table is the one whose first column is Variant.
func readmeVariants(t *testing.T, text string) [][]string {
	t.Helper()
	header := []string{"Variant", "Question", "Values", "Evidence", "What the harness does"}
	var rows [][]string
	tables, in := 0, false
	for n, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "|") {
			in = false
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case cells[0] == header[0]:
			if tables, in = tables+1, true; !slices.Equal(cells, header) {
				t.Errorf("line %d: the columns are %q, not %q", n+1, cells, header)
			}
		case !in || strings.HasPrefix(cells[0], "---"):
		case len(cells) != len(header) || slices.Contains(cells, ""):
			t.Errorf("line %d: a row has %d cells, none of them empty: %s", n+1, len(header), line)
		default:
			rows = append(rows, cells)
		}
	}
	if tables != 1 {
		t.Errorf("%d tables begin with the column %s; one does", tables, header[0])
	}
	return rows
}

// quotedCase finds `aspect/claim`, in which * stands for any text.
var quotedCase = regexp.MustCompile("`([a-z]+/[^` ]+)`")

// The table of variants in a vendor's README says what the profile says: each
// variant once, its values with the default first and bold, whether the pages
// settle it, whether it is the client's; and the cases it names exist.
func TestVendorReadmeVariants(t *testing.T) {
	profiles, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range profiles {
		t.Run(p.Vendor, func(t *testing.T) {
			text, err := os.ReadFile(path.Join("..", "vectors", p.Vendor, "README.md"))
			if errors.Is(err, fs.ErrNotExist) {
				t.Skip("a README is optional")
			} else if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, row := range readmeVariants(t, string(text)) {
				name, values, does := strings.Trim(row[0], "`"), row[2], row[4]
				if seen[name] {
					t.Errorf("%s has two rows", name)
				}
				seen[name] = true
				v, ok := p.raw.Variants.get(name)
				if !ok || row[0] != "`"+name+"`" {
					t.Errorf("%s is no variant of profile.yaml, in backquotes", row[0])
					continue
				}
				want := "**" + v.Default + "**"
				for _, value := range v.Values {
					if value != v.Default {
						want += ", " + value
					}
				}
				if values != want {
					t.Errorf("%s: the values are written %q; the profile has %q", name, values, want)
				}
				if says := strings.HasPrefix(does, "Settled"); says != v.Documented {
					t.Errorf("%s: documented is %t in the profile, so the last column begins with Settled: %t", name, v.Documented, v.Documented)
				}
				if says := strings.HasPrefix(does, "client suites"); says != v.Client {
					t.Errorf("%s: client is %t in the profile, so the last column begins with client suites: %t", name, v.Client, v.Client)
				}
				for _, m := range quotedCase.FindAllStringSubmatch(does, -1) {
					if !slices.ContainsFunc(p.Cases, func(c *Case) bool { fits, _ := path.Match(m[1], c.ID); return fits }) {
						t.Errorf("%s: there is no case %s", name, m[1])
					}
				}
			}
			for _, e := range p.raw.Variants.entries {
				if !seen[e.key] {
					t.Errorf("%s has no row", e.key)
				}
			}
		})
	}
}
