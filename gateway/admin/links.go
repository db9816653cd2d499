package admin

import (
	"encoding/base64"
	"fmt"
	"html/template"

	"rsc.io/qr"

	"server5k/race"
)

// links are the pages of a competition for others than organizers.
type links struct {
	Public, Screen, Announcer string // paths
	Address                   string // of Public, to be typed
	Code                      template.URL
	Side                      int // of the picture, in pixels
}

// quietZone is the margin that scanners need around a code, in modules.
const quietZone = 4

// links returns them with a code of the public page for the place where the
// organizer is: what phones there can open too.
func (c *call) links(id race.CompetitionID) (links, error) {
	public := fmt.Sprintf("/competencia/%d/", id)
	out := links{Public: public, Screen: public + "?pantalla=1", Announcer: public + "locutor/", Address: c.base() + public}
	code, err := qr.Encode(out.Address, qr.M)
	if err != nil {
		return links{}, fmt.Errorf("code of the public page: %w", err)
	}
	code.Scale = 5
	out.Code = template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG()))
	out.Side = (code.Size + 2*quietZone) * code.Scale
	return out, nil
}

// base is how the browser called: scheme and host.
func (c *call) base() string {
	scheme := "http"
	if c.p.cfg.Secure(c.ctx) {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s", scheme, c.ctx.Host())
}
