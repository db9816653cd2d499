package e2e

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// running is for how long the race runs when its marks come: longer than the
// slowest takes.
const running = 25 * time.Minute

// connect lets the judges log in with what stands on their cards.
func (s *story) connect() {
	s.t.Helper()
	s.page("preparacion/")
	s.WaitText("#board p b", "0")
	s.fleet = Phones(s.t, s.server, s.judges)
	err := s.fleet.each("ping", func(ctx context.Context, i int) error {
		if i%3 == 2 {
			return nil // an old app, which tells nothing
		}
		battery := 100 - i
		if i == 0 {
			battery = 9
		}
		return s.fleet.Phones[i].Ping(ctx, Status{battery, time.Duration(i-30) * time.Millisecond, 4 * time.Millisecond, fmt.Sprintf("tel-%02d", i+1), "3.1"})
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.WaitText("#board p b", strconv.Itoa(storyTeams)) // the board refreshes itself
	s.WaitText("#board p", fmt.Sprint(s.say("readiness.connected"), " ", storyTeams))
	s.look("readiness")
	if got := s.count("#board tbody tr"); got != storyTeams {
		s.t.Errorf("the board has %d posts, want %d", got, storyTeams)
	}
	s.WaitText("#board tbody tr:first-child", s.say("readiness.percent", 9))
	s.WaitText("#board tbody tr:nth-child(2)", "−29.0 ms ± 4.0 ms")
	s.WaitText("#board tbody tr:nth-child(2)", s.say("post.ready"))
	s.WaitText("#board tbody tr:nth-child(3)", s.say("readiness.unmeasured"))
	s.page("preparacion/?estado=atender")
	if got, want := s.count("#board tbody tr"), storyTeams/3+1; got != want {
		s.t.Errorf("%d posts need attention, want %d", got, want)
	}
}

// start starts the race, with the time of the gun as it was taken.
func (s *story) start() {
	s.t.Helper()
	s.page("")
	s.Follow(`#state a[href$="/iniciar/"]`)
	s.WaitText("h1", s.say("start.ask"))
	s.look("start")
	if n := s.fleet.Phones[0].Seen("competencia_iniciada"); n > 0 {
		s.t.Error("the race started before it was confirmed")
	}
	s.Fill("#f-hora", time.Now().UTC().Add(-running).Truncate(time.Minute).Add(7*time.Second).Format("2006-01-02T15:04:05"))
	s.Follow(`button[name=confirmar]`)
	s.done("started")
	s.fleet.Await("competencia_iniciada")
	s.WaitText("#state .badge.run", s.say("state.running"))
}

// times returns what a judge marks while the race runs.
func times(bib int) []time.Duration {
	var all []time.Duration
	for n := range teamSize {
		all = append(all, 16*time.Minute+time.Duration(bib)*2*time.Second+time.Duration(n)*(7*time.Second+113*time.Millisecond))
	}
	switch bib {
	case lateBib, lostBib:
		return all[:teamSize-1]
	case surplusBib:
		return append(all, all[teamSize-1]+9*time.Second)
	case doubleBib:
		return slices.Insert(all, 5, all[4]+120*time.Millisecond)
	case swiftBib:
		all[0] = 11 * time.Minute
	}
	return all
}

// race lets all judges mark and watches the page of the teams meanwhile.
func (s *story) race() {
	s.t.Helper()
	s.WaitText("[data-live-state]", s.say("live.on"))
	s.Eval(`document.body.dataset.stay = "yes"`, nil)
	chrono := s.Text("#state .chrono")
	s.markAll()
	var want []string
	for bib := 1; bib <= storyTeams; bib++ {
		want = append(want, strconv.Itoa(min(len(times(bib)), teamSize)))
	}
	s.WaitTrue(fmt.Sprintf(`[...document.querySelectorAll('[data-cell="records"]')].map((e) => e.textContent).join() == %q`, strings.Join(want, ",")))
	s.WaitText("[data-complete]", strconv.Itoa(storyTeams-2))
	var total time.Duration
	for _, d := range times(fastestBib) {
		total += d
	}
	row := fmt.Sprintf(`[data-team="%d"]`, s.team(fastestBib))
	if got := parseClock(s.t, s.Text(row+` [data-cell="total"]`)); got != total {
		s.t.Errorf("the live total of %s is %v, want %v", fastest, got, total)
	}
	s.WaitText(row+` [data-cell="status"]`, s.say("status.complete"))
	s.WaitTrue(fmt.Sprintf(`document.querySelector("#state .chrono").textContent != %q`, chrono))
	if s.Attribute("body", "data-stay") != "yes" {
		s.t.Error("the page was loaded again")
	}
	s.look("live")
}

// declares returns how many marks a judge stands for: those that were taken. Of
// lostBib one never arrives; of lateBib one is still on its way.
func declares(bib int) int {
	switch bib {
	case lateBib, lostBib:
		return teamSize
	}
	return len(times(bib))
}

// markAll sends the times of all judges, who then say how many they are. What comes
// when a team is complete is refused, and kept.
func (s *story) markAll() {
	s.t.Helper()
	err := s.fleet.each("mark", func(ctx context.Context, i int) error {
		for n, elapsed := range times(i + 1) {
			_, err := s.fleet.Phones[i].Mark(ctx, s.teams[i], elapsed)
			if n < teamSize && err != nil {
				return err
			}
			if n >= teamSize && (err == nil || !strings.Contains(err.Error(), "equipo_completo")) {
				return fmt.Errorf("mark %d of bib %d: got %w, want equipo_completo", n+1, i+1, err)
			}
		}
		stored, err := s.fleet.Phones[i].Declare(ctx, s.teams[i], declares(i+1))
		if err == nil && stored != len(times(i+1)) {
			err = fmt.Errorf("of bib %d the server has %d marks, want %d", i+1, stored, len(times(i+1)))
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// stop stops the race; one mark comes a moment too late.
func (s *story) stop() {
	s.t.Helper()
	s.Follow(`#state a[href$="/detener/"]`)
	s.WaitText("h1", s.say("stop.ask"))
	s.look("stop")
	s.Follow(`button[name=confirmar]`)
	s.done("stopped")
	s.fleet.Await("competencia_detenida")
	ctx, cancel := context.WithTimeout(s.t.Context(), answerTimeout)
	defer cancel()
	_, err := s.fleet.Phones[lateBib-1].Mark(ctx, s.team(lateBib), 18*time.Minute+30*time.Second)
	if err == nil || !strings.Contains(err.Error(), "competencia_no_en_curso") {
		s.t.Errorf("a mark after the stop: got %v", err)
	}
}
