// Teams, competitions and posts of the judge: what the server said last, also without network.

class Races {
  /** @param {{session: Session, save: (row: object) => void, changed: () => void}} o save: a row of the table "kept" */
  constructor(o) {
    Object.assign(this, o);
    this.clear();
  }

  clear() {
    this.teams = []; // {id, name, number, category, competition}
    this.competitions = new Map(); // id → {id, name, running, active, gun, finished}; gun in server's epoch ms or null
    this.posts = new Map(); // team → answer of /puesto/
    this.team = null; // id of the one on the screen
    this.loaded = false;
    this.news = 0; // events heard: an answer that was asked for before the latest one is too old
  }

  /** Takes what an earlier life of the page has stored for a judge. */
  load(rows, judge) {
    this.clear();
    const row = rows.find((r) => r.key === "races-" + judge);
    if (!row) return;
    this.teams = row.teams;
    row.competitions.forEach((c) => this.competitions.set(c.id, c));
    row.posts.forEach((p) => this.posts.set(p.equipo_id, p));
    this.team = row.team;
    this.loaded = true;
  }

  keep() {
    const judge = this.session.judge;
    if (!judge) return;
    this.save({ key: "races-" + judge.id, teams: this.teams, competitions: Array.from(this.competitions.values()), posts: Array.from(this.posts.values()), team: this.team });
  }

  /** Reads everything anew. Throws CallError. */
  async refresh() {
    const news = this.news;
    const [teams, competitions] = await Promise.all([this.session.call("GET", "/api/equipos/"), this.session.call("GET", "/api/competencias/")]);
    if (news !== this.news) {
      await this.refresh();
      return;
    }
    this.teams = teams.map((t) => ({ id: t.id, name: t.name, number: t.number, category: t.category_display || "", competition: t.competition_id }));
    const known = this.competitions;
    this.competitions = new Map();
    competitions.forEach((c) => this.setCompetition({ id: c.id, name: c.name, running: c.is_running, active: c.is_active, started: c.started_at, finished: c.finished_at }, known.get(c.id)));
    this.teams.sort((a, b) => this.rank(a) - this.rank(b) || a.number - b.number);
    this.loaded = true;
    this.keep();
    this.changed();
    await Promise.all(this.openTeams().map((t) => this.refreshPost(t.id).catch(() => {})));
  }

  /** Running races first, then those to come, then what is over. */
  rank(team) {
    const c = this.competitions.get(team.competition);
    return !c ? 3 : c.running ? 0 : c.active ? 1 : 2;
  }

  /** Teams of races that are not over. */
  openTeams() { return this.teams.filter((t) => { const c = this.competitions.get(t.competition); return !c || c.active || c.running; }); }

  /** Reads what the server has of a post, of whatever phone. Throws CallError. */
  async refreshPost(team) {
    const news = this.news, p = await this.session.call("GET", "/api/equipos/" + team + "/puesto/");
    if (!p || typeof p !== "object") return;
    this.posts.set(team, p);
    const c = p.competencia;
    if (c && news === this.news) this.setCompetition({ id: c.id, name: c.nombre, running: c.en_curso, active: c.activa, started: c.started_at, finished: c.finished_at });
    this.keep();
    this.changed();
  }

  setCompetition(c, known) {
    const was = known || this.competitions.get(c.id) || {};
    const pick = (v, old) => (v === undefined ? old : v);
    this.competitions.set(c.id, {
      id: c.id, name: pick(c.name, was.name), running: Boolean(pick(c.running, was.running)), active: Boolean(pick(c.active, was.active)),
      gun: c.started === undefined ? was.gun || null : c.started ? Date.parse(c.started) : null,
      finished: c.finished === undefined ? was.finished || null : c.finished ? Date.parse(c.finished) : null,
    });
  }

  /** Takes a message of the socket. @returns {boolean} whether it was about a race */
  receive(m) {
    switch (m.tipo) {
      case "conexion_establecida":
        (m.competencias || [m.competencia]).forEach((c) => { if (c) this.setCompetition({ id: c.id, name: c.nombre, running: c.en_curso, active: c.activa, started: c.started_at }); });
        break;
      case "competencia_iniciada":
      case "competencia_detenida":
        this.setCompetition({ id: m.competencia.id, name: m.competencia.nombre, running: m.competencia.en_curso, started: m.started_at, finished: m.tipo === "competencia_iniciada" ? null : m.finished_at });
        break;
      default:
        return false;
    }
    this.news++;
    this.keep();
    this.changed();
    return true;
  }

  byID(id) { return this.teams.find((t) => t.id === id) || null; }

  competitionOf(team) { return team ? this.competitions.get(team.competition) || null : null; }

  /** The announced start, or null before it. */
  gunOf(competition) {
    const c = this.competitions.get(competition);
    return c && c.gun ? c.gun : null;
  }

  choose(team) {
    this.team = team;
    this.keep();
    this.changed();
  }
}
