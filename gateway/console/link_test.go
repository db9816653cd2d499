package console

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// linkSetup makes a link whose sockets and timers the test moves.
const linkSetup = `
	var sockets = [], timers = [], states = [], heard = [];
	var who = {url: "ws://h/ws/juez/1/", protocols: ["server5k.v1", "bearer.x"]};
	var link = new Link({
		address: () => ({then: (f) => { f(who); return {catch: () => {}}; }}),
		connect: (url, protocols) => { const s = {url, protocols, readyState: 0, sent: [], send: (t) => s.sent.push(t), close: () => { s.closed = true; }}; sockets.push(s); return s; },
		message: (m) => heard.push(m), state: (s) => states.push(s),
		later: (f, ms) => timers.push({f, ms}), cancel: (id) => { if (timers[id - 1]) timers[id - 1].f = null; }, random: () => 0.5,
	});
	var last = () => sockets[sockets.length - 1];
	var opens = () => { last().readyState = 1; last().onopen(); };
	var due = () => { const t = timers.filter((t) => t.f).pop(); const f = t.f; t.f = null; f(); return t.ms; };
	link.start(); `

func TestLink(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script string
		want         []any
	}{
		{"opens with the token beside the protocol", `opens(); return [last().url, last().protocols[1], states.join()]`, []any{"ws://h/ws/juez/1/", "bearer.x", "connecting,open"}},
		{"a lost connection is tried again", `opens(); last().onclose({code: 1006, reason: ""}); due(); return [sockets.length, link.current]`, []any{2.0, "connecting"}},
		{"when the server has said", `opens(); last().onclose({code: 1012, reason: "service restart; retry=1234ms"}); return [due()]`, []any{1234.0}},
		{"later each time, up to a bound", `const all = []; for (let i = 0; i < 9; i++) { last().onclose({code: 1006, reason: ""}); all.push(due()); } return [all[0], all[1], all[8]]`, []any{300.0, 600.0, 7500.0}},
		{"from the beginning once the server has spoken", `for (let i = 0; i < 5; i++) { last().onclose({code: 1006, reason: ""}); due(); } opens(); last().onmessage({data: "{}"}); last().onclose({code: 1006, reason: ""}); return [due()]`, []any{300.0}},
		{"a socket that was left is not heard", `opens(); const old = last(), say = old.onmessage, end = old.onclose; link.restart(); due(); opens(); say({data: '{"tipo":"pong"}'}); end({code: 1006, reason: ""}); return [heard.length, link.current, old.closed]`, []any{0.0, "open", true}},
		{"the network is back", `last().onclose({code: 1006, reason: ""}); link.nudge(); return [sockets.length, link.current]`, []any{2.0, "connecting"}},
		{"a nudge while it works changes nothing", `opens(); link.nudge(); return [sockets.length, link.current]`, []any{1.0, "open"}},
		{"nobody to connect as", `last().onclose({code: 1006, reason: ""}); who = null; due(); return [sockets.length, link.current]`, []any{1.0, "off"}},
		{"a try that hangs is given up", `due(); return [link.current, last().closed]`, []any{"waiting", true}},
		{"what is no object is not heard", `opens(); last().onmessage({data: "no"}); last().onmessage({data: "1"}); last().onmessage({data: '{"tipo":"pong"}'}); return [heard.length]`, []any{1.0}},
		{"nothing is sent into a closing socket", `opens(); last().readyState = 2; return [link.send({}), last().sent.length]`, []any{false, 0.0}},
		{"stopped for good", `opens(); link.stop(); return [link.current, timers.filter((t) => t.f).length]`, []any{"off", 0.0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			e.run(linkSetup)
			if diff := cmp.Diff(tt.want, eval[[]any](e, tt.script)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// heartbeatSetup makes a heartbeat over a timeline whose clocks the test moves.
const heartbeatSetup = `
	var now = 0, wall = 1e12, sent = [], timers = [], dead = 0, verdicts = [];
	var timeline = new Timeline({wall: () => wall + now, mono: () => now});
	var beat = new Heartbeat({
		timeline, send: (m) => sent.push(m) > 0, tell: () => [{competencia_id: 1, app: "x"}, {competencia_id: 2, app: "x"}], dead: () => dead++,
		measured: (v) => verdicts.push(v), later: (f, ms) => timers.push({f, ms}), cancel: () => { timers = []; }, random: () => 0.5,
	});
	var turn = () => { const t = timers.pop(); timers = []; now += t.ms; t.f(); return t.ms; };
	var answer = () => { const p = sent[sent.length - 1]; now += 20; beat.heard(now); beat.pong({ref: p.ref, t0: p.t0, t1: p.t0 + 7010, t2: p.t0 + 7010}, now); };
	beat.opened(); `

func TestHeartbeat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script string
		want         []any
	}{
		{"measures with a burst", `for (let i = 0; i < 7; i++) { answer(); turn(); } answer(); return [beat.settled(), Math.round(timeline.estimate().offset), timeline.estimate().uncertainty < 12]`, []any{true, 7000.0, true}},
		{"is not settled before", `answer(); return [beat.settled(), verdicts[0]]`, []any{false, "kept"}},
		{"is settled when answers stay away", `now += 2501; return [beat.settled()]`, []any{true}},
		{"says how the phone is at the end of a burst", `for (let i = 0; i < 7; i++) { answer(); turn(); } return [sent.length, sent[0].app || "", sent[7].competencia_id, sent[8].competencia_id]`, []any{9.0, "", 2.0, 1.0}},
		{"then beats slowly", `for (let i = 0; i < 7; i++) { answer(); turn(); } answer(); return [turn()]`, []any{5000.0}},
		{"more slowly when the clock is known", `for (let i = 0; i < 30; i++) { answer(); turn(); } return [turn()]`, []any{20000.0}},
		{"a silent server is dead", `for (let i = 0; i < 8; i++) { answer(); turn(); } for (let i = 0; i < 5 && !dead; i++) turn(); return [dead]`, []any{1.0}},
		{"one that answers is not", `for (let i = 0; i < 20; i++) { answer(); turn(); } return [dead]`, []any{0.0}},
		{"an exchange over a jump tells nothing", `wall += 5000; timeline.check(); answer(); return [verdicts.length]`, []any{0.0}},
		{"a pong that nobody asked for tells nothing", `beat.pong({ref: "x", t1: 1, t2: 1}, now); return [verdicts.length]`, []any{0.0}},
		{"a server without clock is no error", `beat.pong({ref: sent[0].ref}, now); return [verdicts.length, beat.answers]`, []any{0.0, 1.0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			e.run(heartbeatSetup)
			if diff := cmp.Diff(tt.want, eval[[]any](e, tt.script)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	const setup = `var now = 0, wall = 1e12, t = new Timeline({wall: () => wall + now, mono: () => now}); `
	tests := []struct {
		name, script string
		want         []any
	}{
		{"a step of the wall clock moves nothing", `const a = t.now(); wall += 3000; t.check(); return [t.now() - a]`, []any{0.0}},
		{"it is reported once", `wall += 3000; return [t.check(), t.check()]`, []any{3000.0, 0.0}},
		{"ahead may be a sleep: another life", `wall += 3000; t.check(); return [t.life]`, []any{2.0}},
		{"back is surely none", `wall -= 3000; t.check(); return [t.life]`, []any{1.0}},
		{"slow steering is no step", `for (let i = 0; i < 600; i++) { now += 1000; wall += 0.5; if (t.check() !== 0) return ["step"]; } return [t.life]`, []any{1.0}},
		{"a life is never used twice", `const u = new Timeline({wall: () => wall, mono: () => now, saved: t.toJSON(), lastLife: 7}); return [u.life]`, []any{8.0}},
		{"unmeasured is unknown", `return [t.estimate()]`, []any{nil}},
		{
			"a life that was measured keeps its clock", `t.add({t0: t.now(), t1: t.now() + 505, t2: t.now() + 505, t3: t.now() + 10}); const at = t.now(), life = t.life;
			wall += 9000; t.check(); t.add({t0: t.now(), t1: t.now() + 8005, t2: t.now() + 8005, t3: t.now() + 10});
			const e = t.estimateFor({at, life}); return [Math.round(e.offset), e.uncertainty < 10]`, []any{500.0, true},
		},
		{
			"one that was not has the doubt of all steps seen", `wall += 9000; t.check(); const at = t.now(), life = t.life; wall -= 2000; t.check();
			const u = new Timeline({wall: () => wall, mono: () => now, saved: t.toJSON(), lastLife: life});
			u.add({t0: u.now(), t1: u.now() + 5, t2: u.now() + 5, t3: u.now() + 10});
			const e = u.estimateFor({at, life}); return [e.uncertainty > 16000, e.uncertainty < 16100]`, []any{true, true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			e.run(setup)
			if diff := cmp.Diff(tt.want, eval[[]any](e, tt.script)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
