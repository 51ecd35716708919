package harness

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// rawProfile is profile.yaml as written. See vectors/README.md for the format.
type rawProfile struct {
	Vendor      string              `yaml:"vendor"`
	Title       string              `yaml:"title"`
	Flow        Flow                `yaml:"flow"`
	Credentials ordered[Credential] `yaml:"credentials"`
	Operations  ordered[Operation]  `yaml:"operations"`
	Timestamp   struct {
		Format string `yaml:"format"`
		Reply  string `yaml:"reply"`
	} `yaml:"timestamp"`
	Window struct {
		Past   Duration `yaml:"past"`
		Future Duration `yaml:"future"`
	} `yaml:"window"`
	Recipes struct {
		Request []rawStage `yaml:"request"`
		Webhook []rawStage `yaml:"webhook"`
		Token   []rawStage `yaml:"token"`
	} `yaml:"recipes"`
	Login *rawForm `yaml:"login"`
	Call  *rawForm `yaml:"call"`
	Token *struct {
		Lifetime Duration `yaml:"lifetime"`
		Length   int      `yaml:"length"`
		Alphabet string   `yaml:"alphabet"`
	} `yaml:"token"`
	Replies struct {
		Success rawReply `yaml:"success"`
		Error   rawReply `yaml:"error"`
	} `yaml:"replies"`
	Errors   ordered[rawError]   `yaml:"errors"`
	Variants ordered[Variant]    `yaml:"variants"`
	Rules    map[string]ruleList `yaml:"rules"`
	Declines map[string]string   `yaml:"declines"`
}

type rawStage struct {
	Name  string   `yaml:"name"`
	Text  string   `yaml:"text"`
	Steps []string `yaml:"steps"`
}

type rawForm struct {
	Operation *Operation      `yaml:"operation"`
	Values    ordered[string] `yaml:"values"`
	Headers   ordered[string] `yaml:"headers"`
	Query     ordered[string] `yaml:"query"`
	Fields    ordered[string] `yaml:"fields"`
	Encoding  string          `yaml:"encoding"`
	Checks    []string        `yaml:"checks"`
}

type rawReply struct {
	Status     string       `yaml:"status"`
	Headers    ordered[any] `yaml:"headers"`
	Body       any          `yaml:"body"`
	Code       any          `yaml:"code"` // the code of errors that name none
	Rule       string       `yaml:"rule"`
	StatusRule string       `yaml:"status_rule"`
	CodeRule   string       `yaml:"code_rule"`
}

func (r rawReply) code(otherwise string) string {
	if r.Code == nil {
		return otherwise
	}
	return fmt.Sprint(r.Code)
}

type rawError struct {
	Status  string       `yaml:"status"`
	Code    any          `yaml:"code"`
	Message string       `yaml:"message"`
	Detail  string       `yaml:"detail"`
	Headers ordered[any] `yaml:"headers"`
	Body    any          `yaml:"body"`
	Rule    string       `yaml:"rule"`
	AnyOf   []string     `yaml:"any_of"`
}

// ruleList is one requirement id or several.
type ruleList []string

// UnmarshalYAML reads a scalar or a list.
func (r *ruleList) UnmarshalYAML(node ast.Node) error {
	if _, many := node.(*ast.SequenceNode); many {
		return decodeNode(node, (*[]string)(r))
	}
	one, err := text(node)
	*r = ruleList{one}
	return err
}
