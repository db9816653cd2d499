package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestConfig_WebhooksPrivate(t *testing.T) {
	t.Parallel()
	c := parseConfig(t, map[string]string{"WEBHOOKS_ALLOW_PRIVATE": "192.168.1.0/24", "WEBHOOKS_ALLOW_HTTP": "true"})
	if err := c.validate(false); err != nil || fmt.Sprint(c.private) != "[192.168.1.0/24]" || !c.WebhooksAllowHTTP {
		t.Errorf("got %v %v %v", c.private, c.WebhooksAllowHTTP, err)
	}
	c = parseConfig(t, map[string]string{"WEBHOOKS_ALLOW_PRIVATE": "0.0.0.0/0"})
	if err := c.validate(false); err == nil || !strings.Contains(err.Error(), "WEBHOOKS_ALLOW_PRIVATE") {
		t.Errorf("everybody: %v", err)
	}
}

func TestConfig_TrustedProxies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ value, debug, want, mistake string }{
		{value: "", want: "[]"},
		{value: "10.0.0.1, 10.1.2.3/8 ,::1", want: "[10.0.0.1/32 10.0.0.0/8 ::1/128]"},
		{value: "::ffff:10.0.0.1,::ffff:10.0.0.0/104", want: "[10.0.0.1/32 10.0.0.0/8]"},
		{value: "fe80::1%eth0", want: "[fe80::1/128]"},
		{value: "nginx", mistake: `TRUSTED_PROXIES: "nginx"`},
		{value: "10.0.0.1,10.0.0.0/33", mistake: `TRUSTED_PROXIES: "10.0.0.0/33"`},
		{value: "0.0.0.0/0", mistake: "cualquiera"},
		{value: "::/0", debug: "true", want: "[::/0]"},
	} {
		c := parseConfig(t, map[string]string{"TRUSTED_PROXIES": tt.value, "DEBUG": tt.debug})
		err := c.validate(false)
		switch {
		case tt.mistake != "":
			if err == nil || !strings.Contains(err.Error(), tt.mistake) {
				t.Errorf("%q: got %v, want %q", tt.value, err, tt.mistake)
			}
		case err != nil || fmt.Sprint(c.proxies) != tt.want:
			t.Errorf("%q: got %v %v, want %s", tt.value, c.proxies, err, tt.want)
		}
	}
}
