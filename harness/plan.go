package harness

// Planned is a request that a case would send.
type Planned struct {
	Method, Target string
	Refused        bool   // it is meant to be refused, and may count against a lock-out
	Skip           string // why the case would not be sent at all; empty when it would
}

// Plan lists what the case would send to the target, without sending it. Logins
// that cases share are not listed.
func (c *Checker) Plan(cs *Case) []Planned {
	if reason := c.unfit(cs); reason != "" {
		return []Planned{{Skip: reason}}
	}
	var all []Planned
	for _, s := range cs.Steps {
		plan := Planned{Method: s.operation.Method, Target: s.operation.Path, Refused: c.risky(&s)}
		for _, f := range s.Break {
			switch f.Kind {
			case "method":
				plan.Method = f.value.(string)
			case "path":
				plan.Target = f.value.(string)
			}
		}
		all = append(all, plan)
	}
	return all
}

// risky reports whether the server may count the step as an attempt to break in.
func (c *Checker) risky(s *Step) bool {
	return !s.Expect.Accept && (s.Call == "login" || c.profile.Login == nil)
}
