package hooks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"server5k/race"
)

var (
	root  = Who{Author: "root", All: true}
	staff = Who{Author: "staff", Competitions: []race.CompetitionID{1}}
	other = Who{Author: "other", Competitions: []race.CompetitionID{2}}
)

func form(c race.CompetitionID, url string, kinds ...race.WebhookKind) Form {
	return Form{Competition: c, URL: &url, Kinds: &kinds}
}

func registry(tb testing.TB) (*Registry, *memory) {
	tb.Helper()
	store := newMemory()
	oneRace(tb, store)
	return NewRegistry(store, Guard{}, newClock().now), store
}

func create(tb testing.TB, r *Registry, who Who, c race.CompetitionID) race.Webhook {
	tb.Helper()
	w, err := r.Create(tb.Context(), who, form(c, "https://example.org/x?clave=oculta", race.WebhookTeam, race.WebhookStart, race.WebhookTeam))
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

func TestRegistry_ShowsTheSecretOnce(t *testing.T) {
	t.Parallel()
	r, store := registry(t)
	w := create(t, r, staff, 1)
	if !strings.HasPrefix(w.Secret, secretPrefix) || len(w.Secret) < 40 || store.webhooks[0].Secret != w.Secret {
		t.Errorf("secret %q, stored %q", w.Secret, store.webhooks[0].Secret)
	}
	want := race.Webhook{
		ID: 1, Competition: 1, URL: "https://example.org/x?clave=oculta", Kinds: []race.WebhookKind{race.WebhookStart, race.WebhookTeam},
		Active: true, CreatedAt: start, Author: "staff",
	}
	got, err := r.Get(t.Context(), staff, w.ID)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("get: %v (-want +got):\n%s", err, diff)
	}
	list, err := r.List(t.Context(), staff, 0)
	if diff := cmp.Diff([]race.Webhook{want}, list); err != nil || diff != "" {
		t.Errorf("list: %v (-want +got):\n%s", err, diff)
	}
	if again := create(t, r, staff, 1); again.Secret == w.Secret {
		t.Error("two have the same secret")
	}
	renewed, err := r.Update(t.Context(), staff, w.ID, nil, Form{NewSecret: true})
	if err != nil || renewed.Secret == w.Secret || renewed.Secret != store.webhooks[0].Secret {
		t.Errorf("renewed %+v: %v", renewed, err)
	}
	for _, n := range store.notes {
		if text := fmt.Sprint(n); strings.Contains(text, "oculta") || strings.Contains(text, secretPrefix) {
			t.Errorf("a secret is in the audit log: %s", text)
		}
	}
}

func TestRegistry_Refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		who  Who
		form Form
		want []string // fields
	}{
		"nothing":              {root, Form{}, []string{FieldURL, FieldKinds}},
		"a private address":    {root, form(1, "https://127.0.0.1/", race.WebhookStop), []string{FieldURL}},
		"an unknown kind":      {root, form(1, "https://example.org/", "finish"), []string{FieldKinds}},
		"no such competition":  {root, form(9, "https://example.org/", race.WebhookStop), []string{FieldCompetition}},
		"another's":            {other, form(1, "https://example.org/", race.WebhookStop), []string{FieldCompetition}},
		"all, for an ordinary": {staff, form(0, "http://example.org/", race.WebhookStop), []string{FieldCompetition, FieldURL}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, store := registry(t)
			_, err := r.Create(t.Context(), c.who, c.form)
			var invalid *InvalidError
			if !errors.As(err, &invalid) || len(store.webhooks) != 0 {
				t.Fatalf("got %v, stored %v", err, store.webhooks)
			}
			var fields []string
			for _, f := range invalid.Faults {
				fields = append(fields, f.Field)
				if f.Text.ES == "" || f.Text.EN == "" || !strings.Contains(err.Error(), f.Text.ES) {
					t.Errorf("%s: text %+v in %q", f.Field, f.Text, err)
				}
			}
			if !slices.Equal(fields, c.want) {
				t.Errorf("got %v, want %v", fields, c.want)
			}
		})
	}
}

// What somebody may not touch does not exist for them.
func TestRegistry_HidesWhatIsNotGranted(t *testing.T) {
	t.Parallel()
	r, store := registry(t)
	one, all := create(t, r, staff, 1), create(t, r, root, 0)
	id := race.DeliveryID{15: 1}
	store.with(func() { store.deliveries = []race.Delivery{{ID: id, Webhook: one.ID, Competition: 1}} })
	for _, c := range []struct {
		who Who
		id  race.WebhookID
		ok  bool
	}{{root, one.ID, true}, {root, all.ID, true}, {staff, one.ID, true}, {staff, all.ID, false}, {other, one.ID, false}, {Who{}, all.ID, false}} {
		_, get := r.Get(t.Context(), c.who, c.id)
		_, update := r.Update(t.Context(), c.who, c.id, nil, Form{})
		_, _, list := r.Deliveries(t.Context(), c.who, c.id, 0, 0)
		for name, err := range map[string]error{"get": get, "update": update, "deliveries": list} {
			if c.ok != (err == nil) || !c.ok && !errors.Is(err, race.ErrNotFound) {
				t.Errorf("%s %s of %d: %v", c.who.Author, name, c.id, err)
			}
		}
	}
	_, foreign := r.Delivery(t.Context(), root, all.ID, id)
	_, again := r.Redeliver(t.Context(), other, one.ID, id)
	remove := r.Delete(t.Context(), other, one.ID, nil)
	for name, err := range map[string]error{"delivery of another webhook": foreign, "redeliver": again, "delete": remove} {
		if !errors.Is(err, race.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := r.List(t.Context(), staff, 0); err != nil || len(list) != 1 {
		t.Errorf("staff sees %v: %v", list, err)
	}
	if list, err := r.List(t.Context(), root, 1); err != nil || len(list) != 1 || list[0].ID != one.ID {
		t.Errorf("root sees of the competition %v: %v", list, err)
	}
}

func TestRegistry_UpdatesWhatWasSeen(t *testing.T) {
	t.Parallel()
	r, store := registry(t)
	w := create(t, r, staff, 1)
	seen, err := r.Get(t.Context(), staff, w.ID)
	if err != nil {
		t.Fatal(err)
	}
	match := func(now race.Webhook) bool { return cmp.Equal(now, seen) }
	off, url := false, "https://example.net/y"
	got, err := r.Update(t.Context(), staff, w.ID, match, Form{Active: &off, URL: &url})
	if err != nil || got.Active || got.URL != url || got.Secret != "" || store.webhooks[0].Secret != w.Secret {
		t.Errorf("got %+v: %v", got, err)
	}
	if note := store.notes[1]; note.Author != "staff" || note.Action != "webhook.update" || note.Competition != 1 ||
		note.Detail != `{"active":[true,false],"host":["example.org","example.net"]}` {
		t.Errorf("note %+v", note)
	}
	_, err = r.Update(t.Context(), staff, w.ID, match, Form{Active: &off})
	if race.CodeOf(err) != race.CodeStale {
		t.Errorf("an older one: %v", err)
	}
	if err := r.Delete(t.Context(), staff, w.ID, match); race.CodeOf(err) != race.CodeStale {
		t.Errorf("an older one: %v", err)
	}
	bad := "https://10.0.0.1/"
	var invalid *InvalidError
	if _, err := r.Update(t.Context(), staff, w.ID, nil, Form{URL: &bad}); !errors.As(err, &invalid) {
		t.Errorf("a private address: %v", err)
	}
	if err := r.Delete(t.Context(), staff, w.ID, nil); err != nil || len(store.webhooks) != 0 {
		t.Errorf("delete: %v", err)
	}
}

func TestRegistry_Redelivers(t *testing.T) {
	t.Parallel()
	r, store := registry(t)
	w := create(t, r, staff, 1)
	id := race.DeliveryID{15: 1}
	store.with(func() {
		store.deliveries = []race.Delivery{{
			ID: id, Webhook: w.ID, Competition: 1, Subject: "start:1", Body: []byte("{}"), State: race.DeliveryFailed, Attempts: 9,
			LastFault: race.FaultStatus, GiveUpAt: start,
		}}
	})
	got, err := r.Redeliver(t.Context(), staff, w.ID, id)
	if err != nil || got.State != race.DeliveryPending || !got.NextAt.Equal(start) || !got.GiveUpAt.Equal(start.Add(giveUpAfter)) || string(got.Body) != "{}" {
		t.Errorf("got %+v: %v", got, err)
	}
	if n := store.notes[len(store.notes)-1]; n.Action != "webhook.redeliver" || n.Author != "staff" {
		t.Errorf("note %+v", n)
	}
	list, total, err := r.Deliveries(t.Context(), staff, w.ID, -1, 1000)
	if err != nil || total != 1 || len(list) != 1 {
		t.Errorf("deliveries %v of %d: %v", list, total, err)
	}
	store.with(func() { store.webhooks[0].Active = false })
	if _, err := r.Redeliver(t.Context(), staff, w.ID, id); race.CodeOf(err) != race.CodeRuling {
		t.Errorf("inactive: %v", err)
	}
}

// Everything that people read has both languages.
func TestTexts_AreInBothLanguages(t *testing.T) {
	t.Parallel()
	texts := map[string]Text{}
	for _, k := range race.WebhookKinds() {
		texts[string(k)] = KindText(k)
		if back, ok := KindOf(Type(k)); !ok || back != k {
			t.Errorf("%s: wire value %q is %q", k, Type(k), back)
		}
	}
	for _, s := range []race.DeliveryState{race.DeliveryPending, race.DeliveryDelivered, race.DeliveryFailed} {
		texts[string(s)] = StateText(s)
	}
	for _, f := range []race.DeliveryFault{
		race.FaultRefused, race.FaultUnreachable, race.FaultTLS, race.FaultTimeout, race.FaultStatus, race.FaultRedirect, race.FaultGone,
		race.FaultExpired, race.FaultInactive,
	} {
		texts["fault "+string(f)] = FaultText(f)
	}
	for key, text := range texts {
		if text.ES == "" || text.EN == "" || text.ES == text.EN {
			t.Errorf("%s: %+v", key, text)
		}
	}
	if _, ok := KindOf("otra.cosa"); ok {
		t.Error("an unknown wire value is known")
	}
}
