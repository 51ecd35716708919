// Package vectors holds the vendors' rules as data: profiles, requirements,
// cases and signature vectors. It has no behaviour. See README.md for the
// format.
package vectors

import "embed"

// FS holds every data file: common/ with the cases any vendor gets, and one
// folder a vendor.
//
//go:embed */*.yaml */*.json
var FS embed.FS
