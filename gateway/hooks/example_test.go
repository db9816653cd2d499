package hooks_test

import (
	"crypto/hmac"
	"fmt"
	"strconv"
	"strings"
	"time"

	"server5k/gateway/hooks"
)

// A receiver checks that a message is ours and not an old one, and then that it has
// not seen its id before.
func ExampleSign() {
	const secret = "whsec_as-it-was-shown"
	verify := func(header string, body []byte, now time.Time) bool {
		t, _, _ := strings.Cut(strings.TrimPrefix(header, "t="), ",")
		unix, err := strconv.ParseInt(t, 10, 64)
		if err != nil || now.Sub(time.Unix(unix, 0)).Abs() > 5*time.Minute {
			return false
		}
		return hmac.Equal([]byte(header), []byte(hooks.Sign(secret, time.Unix(unix, 0), body)))
	}

	sent := time.Unix(1777798800, 0)
	body := []byte(`{"tipo":"competencia.iniciada"}`)
	header := hooks.Sign(secret, sent, body)
	fmt.Println(verify(header, body, sent.Add(time.Second)))
	fmt.Println(verify(header, body, sent.Add(time.Hour)))
	fmt.Println(verify(header, []byte(`{"tipo":"otro"}`), sent))
	// Output:
	// true
	// false
	// false
}
