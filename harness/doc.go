// Package harness checks API authentication against a vendor's written rules,
// with the clock as one of the things that can be wrong.
//
// A [Profile] is a vendor's page made executable: how requests are signed and
// stamped, how long stamps and tokens live, in which order things are checked
// and what every refusal looks like. It is data, in the folder vectors. [Load]
// reads it, with the vendor's requirements, cases and signature vectors.
//
// A [Case] sends one request, or a few, to a server under test: right, or with
// exactly one thing broken ([Fault]), with a skew written against the profile's
// limits ([Offset]). Skew is always the client's clock minus the server's. The
// harness moves whichever clock it owns: the server's, if that is a [SkewClock];
// else the stamp it puts into the request, by the server's clock as package
// measure finds it.
//
// A case of the other side is a timeline of [Moment]s: calls that a [Client] is
// asked to make, what it is answered ([Answer]), and what must be seen of it
// ([Observe]). Package scripted plays the vendor to it.
//
// A [Checker] runs server cases against a [Target], which is a handler in this process
// or a server at a URL, and gives a [Result] each: a [Verdict], and a [Finding]
// for each requirement that was breached. A vendor's silence is a [Variant]: the
// result says which of its values the target showed, and nobody fails for it
// unless the value is pinned.
//
//	profiles, err := harness.Load([]string{"trolley"})
//	...
//	err = harness.CheckServer(ctx, profiles[0], harness.HandlerTarget(newHandler), harness.Options{})
//
// Where to read on, from a case in YAML to a verdict:
//
//	case.go, fault.go         what a case says
//	timeline.go, script.go    what a client case says
//	expand.go, subject.go     how a profile comes by its cases
//	request.go, recipe.go     how a request is made and signed
//	run.go, send.go, stamp.go how a case is run, and on whose clock
//	judge.go, compare.go      how an answer is judged
//	hide.go, redact.go        what is never shown
//	tape.go, mask.go, deck.go how a run is recorded, and run again
//
// Package reference holds an unbroken server and an unbroken client for every
// profile. They share the profile with the judge, so they prove nothing by
// themselves: every signature vector says where it comes from, the suites are run
// against servers and clients that share no code with this package, and against
// the broken ones of package mutant.
//
// The package knows neither Ginkgo nor JUnit. Package suites runs the cases as
// specs; package reports writes what they found.
package harness
