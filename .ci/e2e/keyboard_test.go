package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
)

// maxTabs is more than any page of the scene has to tab through.
const maxTabs = 150

// tabTo presses Tab until what matches the selector has the focus. At each stop the
// focus has to be visible.
func (s *scene) tabTo(selector string) {
	s.t.Helper()
	for range maxTabs {
		s.Press("Tab")
		var at struct {
			There, Visible bool
			What           string
		}
		s.Eval(fmt.Sprintf(`(() => {
			const e = document.activeElement, c = getComputedStyle(e), r = e.getBoundingClientRect()
			return {There: e.matches(%q), What: e.cloneNode().outerHTML,
				Visible: e === document.body || c.outlineStyle !== "none" && parseFloat(c.outlineWidth) >= 2 && r.width > 1 && r.height > 1 && r.right > 0 && r.bottom > 0}
		})()`, selector), &at)
		if !at.Visible {
			s.t.Errorf("the focus cannot be seen at %s", at.What)
		}
		if at.There {
			return
		}
	}
	s.t.Fatalf("%d times Tab do not lead to %s", maxTabs, selector)
}

// types types into what has the focus.
func (s *scene) types(text string) {
	s.t.Helper()
	s.do("type", input.InsertText(text))
}

// enter presses Enter and waits for a text of the page that it leads to.
func (s *scene) enter(selector, text string) {
	s.t.Helper()
	s.Press("Enter")
	s.WaitText(selector, text)
}

func TestPanel_IsUsableByKeyboardAlone(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: 1})
	s := openScene(t, server, deskWidth, "es")
	s.tabTo("a.skip")
	s.Screenshot("skip-link")
	s.Press("Enter")
	s.WaitTrue(`document.activeElement.id == "main"`)
	s.tabTo("#f-usuario")
	s.types(AdminName)
	s.tabTo("#f-clave")
	s.types(AdminPassword)
	s.enter("h1", s.say("dashboard.title"))
	s.tabTo(`main h3 a[href="/admin/competencias/1/"]`)
	s.enter("h1", "Carrera 5K")

	s.tabTo(`#state a[href$="/iniciar/"]`)
	s.Screenshot("focus")
	s.enter("h1", s.say("start.ask"))
	s.tabTo("button[name=confirmar]")
	s.enter("main > p.note.ok", s.say("done.started"))

	phone := Phones(t, server, server.Judges).Phones[0]
	ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
	defer cancel()
	if _, err := phone.Mark(ctx, phone.Teams[0].ID, 11*time.Minute); err != nil {
		t.Fatal(err)
	}
	s.tabTo(`nav.tabs a[href$="/revision/"]`)
	s.enter("h2", s.say("review.title"))
	s.tabTo("li.card input[name=motivo]")
	s.types("el reloj del juez")
	s.tabTo(`li.card button[value^="anular:"]`)
	s.enter("main > p.note.ok", s.say("done.ruled"))
	s.WaitText("main .note.ok", s.say("review.empty"))

	s.tabTo(`#state a[href$="/detener/"]`)
	s.enter("h1", s.say("stop.ask"))
	s.tabTo("button[name=confirmar]")
	s.enter("main > p.note.ok", s.say("done.stopped"))
	if now := readOffice(server); now.Running || now.Rulings != 3 {
		t.Errorf("the server has %+v", now)
	}
}

func TestPanel_WorksWithoutScripts(t *testing.T) {
	t.Parallel()
	server := StartServer(t, Options{Judges: 1})
	s := openScene(t, server, deskWidth, "es")
	s.SetScripts(false)
	s.visit("/admin/")
	s.login(AdminName, AdminPassword)
	s.visit("/admin/competencias/1/")
	s.WaitText("[data-live-state]", s.say("live.none"))
	s.Follow(`#state a[href$="/iniciar/"]`)
	s.Follow("button[name=confirmar]")
	s.done("started")
	phone := Phones(t, server, server.Judges).Phones[0]
	ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
	defer cancel()
	if _, err := phone.Mark(ctx, phone.Teams[0].ID, 11*time.Minute); err != nil {
		t.Fatal(err)
	}
	s.Follow(`nav.tabs a[href$="/revision/"]`)
	s.Fill("li.card input[name=motivo]", "el reloj del juez")
	s.Follow(`li.card button[value^="anular:"]`)
	s.done("ruled")
	s.Screenshot("no-scripts")
	s.Follow(`#state a[href$="/detener/"]`)
	s.Follow("button[name=confirmar]")
	s.done("stopped")
	if now := readOffice(server); now.Running || now.Rulings != 3 {
		t.Errorf("the server has %+v", now)
	}
}
