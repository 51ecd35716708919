package harness

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Observe is what must be seen of the client at a moment. What is not said is
// not checked, but that the calls succeed.
type Observe struct {
	Logins   Count    // requests of the login since the moment before
	Calls    Count    // other requests
	Outcome  string   // ok, error, any, alike: all calls the same way
	Kinds    []string // of the failure, any of these
	Stamps   string   // fresh: each stamp is of the instant of its request
	By       string   // a variant
	Outcomes map[string]Observe
}

// Count bounds a number of requests. The zero Count bounds nothing.
type Count struct {
	Least, Most int
	Set         bool
}

// Holds reports whether n is within the bounds.
func (c Count) Holds(n int) bool { return !c.Set || n >= c.Least && n <= c.Most }

// String renders the bounds as they are written.
func (c Count) String() string {
	if c.Least == c.Most {
		return strconv.Itoa(c.Least)
	}
	return fmt.Sprintf("%d-%d", c.Least, c.Most)
}

// UnmarshalYAML reads 1, or "0-2".
func (c *Count) UnmarshalYAML(node ast.Node) error {
	low, high, isRange := strings.Cut(scalar(node), "-")
	if !isRange {
		high = low
	}
	least, err1 := strconv.Atoi(low)
	most, err2 := strconv.Atoi(high)
	if err1 != nil || err2 != nil || least < 0 || most < least {
		return placeAt(node, fmt.Errorf("%q is no number of requests; write 1 or 0-2", scalar(node)))
	}
	*c = Count{least, most, true}
	return nil
}

// UnmarshalYAML reads what must be observed.
func (o *Observe) UnmarshalYAML(node ast.Node) error {
	list, _ := pairs(node)
	if by, outcomes, err := byValue[Observe](list); by != "" || err != nil {
		*o = Observe{By: by, Outcomes: outcomes}
		return err
	}
	err := readFields(node, func(key string, value ast.Node) (known bool, err error) {
		switch key {
		case "logins":
			err = o.Logins.UnmarshalYAML(value)
		case "calls":
			err = o.Calls.UnmarshalYAML(value)
		case "outcome":
			o.Outcome, err = oneOf(value, "ok", "error", "any", "alike")
		case "kind":
			if err = (*ruleList)(&o.Kinds).UnmarshalYAML(value); err != nil {
				break
			}
			for _, kind := range o.Kinds {
				if Kinds[kind] == "" {
					err = placeAt(value, fmt.Errorf("unknown kind %q; known are %s", kind, strings.Join(sortedKeys(Kinds), ", ")))
				}
			}
		case "stamps":
			o.Stamps, err = oneOf(value, "fresh")
		default:
			return false, nil
		}
		return true, err
	})
	if err == nil && len(o.Kinds) > 0 && o.Outcome != "" && o.Outcome != "error" {
		err = placeAt(node, fmt.Errorf("kind is that of a failure, and the outcome is %s; leave out one of them", o.Outcome))
	}
	return err
}

func (p *Profile) checkObserve(o Observe) error {
	if o.By == "" {
		return nil
	}
	v := p.Variants[o.By]
	if v == nil {
		return fmt.Errorf("observes by the variant %q, which the profile does not have", o.By)
	}
	for _, value := range v.Values {
		if _, ok := o.Outcomes[value]; !ok {
			return fmt.Errorf("says nothing of the value %q of the variant %s", value, o.By)
		}
	}
	for value, outcome := range o.Outcomes {
		if !slices.Contains(v.Values, value) || outcome.By != "" {
			return fmt.Errorf("variant %s has the values %s, and each has one plain observation", o.By, strings.Join(v.Values, ", "))
		}
	}
	return nil
}
