package reports

import "reflect"

// ResultsFile is the type that results.json is made of.
var ResultsFile = reflect.TypeFor[resultsFile]()

// BadgeOutcome is what the badge of a run says.
func (r *Run) BadgeOutcome() struct{ Message, Color string } {
	o := r.outcome()
	return struct{ Message, Color string }{o.message, o.color}
}
