package harness

// LimitError says that a request was not sent because a limit of the run was
// reached. The case is then not run; it has not failed.
type LimitError struct{ Reason string }

func (e *LimitError) Error() string { return "not run: " + e.Reason }
