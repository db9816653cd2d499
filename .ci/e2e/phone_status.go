package e2e

import (
	"context"
	"time"
)

// Status is what a phone tells of itself with a heartbeat.
type Status struct {
	Battery     int           // percent
	Offset      time.Duration // of its clock to the server's
	Uncertainty time.Duration // of Offset
	Device, App string
}

// Ping sends a heartbeat with a status, and waits until one has been answered
// since the phone connected.
func (p *Phone) Ping(ctx context.Context, s Status) error {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	err := p.write(map[string]any{
		"tipo": "ping", "bateria": s.Battery, "desfase_ms": ms(s.Offset), "incertidumbre_ms": ms(s.Uncertainty),
		"dispositivo": s.Device, "app": s.App,
	})
	if err != nil {
		return err
	}
	return p.Await(ctx, "pong")
}
