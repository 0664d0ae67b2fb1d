// An origin that answers who called. It was never run here: see README.md.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

const (
	audience     = "orders-origin"
	publicOrigin = "https://api.example"
	lifetime     = 60 * time.Second
	leeway       = 5 * time.Second
)

type Identity struct {
	jwt.RegisteredClaims
	Method      string         `json:"htm"`
	Target      string         `json:"htu"`
	Kind        string         `json:"kind"`
	Name        string         `json:"name"`
	Type        string         `json:"type"`
	Owner       string         `json:"owner"`
	Permissions []string       `json:"permissions"`
	Claims      map[string]any `json:"claims"`
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// identityOf gives who called, of a request that passed the gate, and an error for every other one.
func identityOf(r *http.Request, keys jwt.Keyfunc) (*Identity, error) {
	shown := r.Header.Values("X-Latchkey-Identity")
	if len(shown) != 1 {
		return nil, fmt.Errorf("not one identity")
	}
	identity := &Identity{}
	token, err := jwt.ParseWithClaims(shown[0], identity, keys,
		jwt.WithValidMethods([]string{"EdDSA"}),
		jwt.WithAudience(audience),
		jwt.WithIssuer(publicOrigin),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway))
	if err != nil {
		return nil, err
	}
	if token.Header["typ"] != "latchkey-identity+jwt" {
		return nil, fmt.Errorf("another typ")
	}
	if _, critical := token.Header["crit"]; critical {
		return nil, fmt.Errorf("an extension that is not known")
	}
	if identity.IssuedAt == nil || time.Since(identity.IssuedAt.Time) >= lifetime+leeway {
		return nil, fmt.Errorf("too late")
	}
	// As it was sent: r.URL.Path is decoded.
	path, _, _ := strings.Cut(r.RequestURI, "?")
	path = escape.ReplaceAllStringFunc(path, strings.ToUpper)
	if identity.Method != r.Method || identity.Target != publicOrigin+path {
		return nil, fmt.Errorf("of another request")
	}
	return identity, nil
}

func main() {
	keys, err := keyfunc.NewDefaultCtx(context.Background(), []string{publicOrigin + "/_latchkey/identity/jwks.json"})
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		identity, err := identityOf(r, keys.Keyfunc)
		if err != nil {
			log.Printf("refused: %v", err)
			http.Error(w, "", http.StatusForbidden)
			return
		}
		fmt.Fprintln(w, identity.Subject)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:9000", nil))
}
