// The screens around the marking: login, teams, and the notice that another tab is in use.

/** The choice of the language, wherever there is a place for it. */
const drawLanguages = (app) => {
  document.querySelectorAll(".languages").forEach((box) => {
    fill(box, ...LANGUAGES.map((l) => make("button", {
      type: "button", class: "quiet", lang: l, "aria-pressed": String(l === language), text: TEXTS[l]["language.name"],
      on: { click: () => { setLanguage(l); drawLanguages(app); app.show(app.screen); } },
    })));
  });
};

class LoginScreen {
  constructor(app) {
    this.app = app;
    drawLanguages(app);
    byID("login-back").addEventListener("click", () => app.enter());
    byID("login-form").addEventListener("submit", (e) => {
      e.preventDefault();
      const username = byID("login-user").value.trim(), password = byID("login-password").value;
      if (!username || !password) {
        this.say(say("login.both"));
        return;
      }
      app.device.wakeAudio();
      app.loginWith({ username, password });
    });
  }

  shown() {
    byID("login-error").hidden = true;
    byID("login-password").value = "";
    byID("login-back").hidden = !this.app.session.judge; // who is known may go on marking without a session
    const left = this.app.outbox ? this.app.outbox.marks.filter(isPending).length : 0;
    byID("login-left").hidden = left === 0;
    byID("login-left").textContent = left ? sayCount("login.left", left) : "";
  }

  busy(on) {
    byID("login-send").disabled = on;
    byID("login-send").textContent = say(on ? "login.busy" : "login.button");
  }

  say(text) {
    byID("login-error").textContent = text;
    byID("login-error").hidden = false;
  }

  failed(e, fields) {
    switch (e.status) {
      case 0:
        this.say(say("login.offline"));
        break;
      case 401:
        this.say(say(fields.codigo ? "login.code" : "login.wrong"));
        break;
      case 429:
        this.say(say("login.wait", { n: e.retryAfter || 30 }));
        break;
      default:
        this.say(e.status === 400 && e.message ? e.message : say("login.busyserver"));
    }
  }
}

/** What a competition is doing, in a word with its colour. */
const raceState = (c) => {
  if (!c) return ["wait", say("race.unknown")];
  if (c.running) return ["run", say("race.running")];
  if (c.finished || (c.gun && !c.running)) return ["stop", say("race.over")];
  return ["wait", say("race.before")];
};

class TeamsScreen {
  constructor(app) {
    this.app = app;
    byID("to-phone").addEventListener("click", () => { app.back = "teams"; app.show("phone"); });
    byID("teams-again").addEventListener("click", () => app.races.refresh().catch(() => announce(say("link.waiting"))));
  }

  draw() {
    const app = this.app, judge = app.session.judge;
    write(byID("teams-judge"), judge ? judge.name : "");
    byID("teams-none").hidden = app.races.teams.length > 0;
    write(byID("teams-none"), app.races.loaded ? say("teams.none") : say(app.link.current === "open" ? "teams.loading" : "teams.offline"));
    // Only what has changed is drawn: a finger may be on a team.
    const now = JSON.stringify([language, app.races.teams.map((t) => {
      const post = app.postOf(t.id);
      return [t, app.races.competitionOf(t), post.marked, post.confirmed];
    })]);
    if (this.drawn === now) return;
    this.drawn = now;
    fill(byID("team-list"), ...app.races.teams.map((t) => this.card(t)));
  }

  card(t) {
    const app = this.app, c = app.races.competitionOf(t), post = app.postOf(t.id);
    const [kind, text] = raceState(c);
    return make("li", {}, make("button", { type: "button", class: "team", data: { team: t.id }, on: { click: () => { app.device.wakeAudio(); app.openTeam(t.id); } } },
      make("span", { class: "bib", text: t.number }),
      make("span", { class: "grow" },
        make("b", { text: t.name }),
        make("span", { class: "soft", text: [t.category, c ? c.name : ""].filter(Boolean).join(" · ") }),
        make("span", { class: "line" }, badge(kind, kind === "run" ? "online" : kind === "stop" ? "done" : "wait", text), make("span", { text: countsText(post) }))),
      drawing("next")));
  }

  shown() { this.draw(); }
}

/** "15 marcadas · 12 confirmadas". */
const countsText = (post) => sayCount("count.marked", post.marked) + " · " + sayCount("count.confirmed", post.confirmed);

class ElsewhereScreen {
  constructor(app) {
    byID("use-here").addEventListener("click", async () => {
      byID("use-here").disabled = true;
      await app.tab.take();
      if (app.outbox) location.reload();
      else await app.begin(app.code);
      byID("use-here").disabled = false;
    });
  }
}
