package main

import (
	"errors"
	"os"
	"unicode/utf8"
)

// credentials are the made-up accounts that the peer knows.
type credentials struct {
	trolleyKey, trolleySecret string

	irpKey, irpSecret string

	spreetailID, spreetailSecret string
	spreetailTokenKey            string
}

// Accounts that exist so that a state which takes an administrator at the vendor
// can be met here without one.
const (
	irpInactiveKey  = "SkewproofInactiveApiKey000000002" // switched off
	irpElsewhereKey = "SkewproofElsewhereApiKey00000003" // allowed from other addresses only

	spreetailOtherID     = "client-skewproof-other" // owns no order of the first client
	spreetailOtherSecret = "secret-skewproof-other"
)

// credentialsFromEnvironment returns the built-in accounts, each value replaced
// by its environment variable when that is set.
func credentialsFromEnvironment() (credentials, error) {
	c := credentials{
		trolleyKey:        setting("SKEWPROOF_TROLLEY_ACCESS_KEY", "ALC7SKEWPROOFEXAMPLE0000"),
		trolleySecret:     setting("SKEWPROOF_TROLLEY_SECRET_KEY", "harness-secret-key"),
		irpKey:            setting("SKEWPROOF_IRP_API_KEY", "SkewproofExampleApiKey0000000001"),
		irpSecret:         setting("SKEWPROOF_IRP_SHARED_SECRET", "harness-shared-secret"),
		spreetailID:       setting("SKEWPROOF_SPREETAIL_CLIENT_ID", "client-skewproof-example"),
		spreetailSecret:   setting("SKEWPROOF_SPREETAIL_CLIENT_SECRET", "secret-skewproof-example"),
		spreetailTokenKey: setting("SKEWPROOF_SPREETAIL_TOKEN_KEY", "harness-hs256-key-at-least-32-bytes!"),
	}
	if utf8.RuneCountInString(c.irpKey) != irpKeyLength {
		return c, errors.New("SKEWPROOF_IRP_API_KEY must have 32 characters")
	}
	return c, nil
}

// setting is the value of the environment variable name, or usual without one.
func setting(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}
