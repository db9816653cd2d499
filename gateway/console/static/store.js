// Where the outbox survives reloads, locked screens and a dead battery.

const DATABASE = "server5k-juez", DATABASE_VERSION = 1;
const TABLES = { marks: "id", declarations: "id", kept: "key" };
/** A write that the disk has not confirmed after this, in ms, counts as failed. */
const WRITE_MS = 4000;
const FALLBACK_KEY = "server5k.outbox";

const asPromise = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const inTime = (promise, ms) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error("storage does not answer")), ms);
  promise.then((v) => { clearTimeout(timer); resolve(v); }, (e) => { clearTimeout(timer); reject(e); });
});

/**
 * Store keeps rows in IndexedDB, each write on disk before it is reported (`durability: "strict"`).
 * When IndexedDB cannot be had or fails, everything stays in memory and, as one text, in
 * localStorage; `broken` then says so and the page warns.
 */
class Store {
  constructor() {
    this.db = null;
    this.broken = false;
    this.onBroken = () => {};
    this.memory = {};
    Object.keys(TABLES).forEach((t) => { this.memory[t] = new Map(); });
  }

  /** Opens the database and returns all rows by table. It does not fail. */
  async open() {
    this.readFallback();
    try {
      const request = indexedDB.open(DATABASE, DATABASE_VERSION);
      request.onupgradeneeded = () => {
        Object.keys(TABLES).forEach((t) => { if (!request.result.objectStoreNames.contains(t)) request.result.createObjectStore(t, { keyPath: TABLES[t] }); });
      };
      this.db = await inTime(asPromise(request), WRITE_MS);
      this.db.onversionchange = () => this.db.close();
      const read = this.db.transaction(Object.keys(TABLES), "readonly");
      const rows = await Promise.all(Object.keys(TABLES).map((t) => asPromise(read.objectStore(t).getAll())));
      const left = [];
      Object.keys(TABLES).forEach((t, i) => {
        rows[i].forEach((row) => {
          const spare = this.memory[t].get(row[TABLES[t]]);
          if (!spare || (row.rev || 0) >= (spare.rev || 0)) this.memory[t].set(row[TABLES[t]], row);
        });
        this.memory[t].forEach((row) => left.push([t, row]));
      });
      // What an earlier life could only put into localStorage belongs here.
      if (localStorage.getItem(FALLBACK_KEY)) {
        await this.write(left);
        if (!this.broken) localStorage.removeItem(FALLBACK_KEY);
      }
    } catch (e) {
      this.fail(e);
    }
    const out = {};
    Object.keys(TABLES).forEach((t) => { out[t] = Array.from(this.memory[t].values()); });
    return out;
  }

  /**
   * Writes rows: pairs of table and row. Resolves when they are on disk, or as safe as they can be
   * here. Rows are copied at once: the caller may go on changing them.
   */
  async write(pairs) {
    if (pairs.length === 0) return;
    const copies = pairs.map(([t, row]) => [t, JSON.parse(JSON.stringify(row))]);
    copies.forEach(([t, row]) => this.memory[t].set(row[TABLES[t]], row));
    if (this.broken) {
      this.writeFallback();
      return;
    }
    try {
      const tables = Array.from(new Set(copies.map(([t]) => t)));
      const tx = this.db.transaction(tables, "readwrite", { durability: "strict" });
      copies.forEach(([t, row]) => tx.objectStore(t).put(row));
      if (tx.commit) tx.commit();
      await inTime(new Promise((resolve, reject) => {
        tx.oncomplete = resolve;
        tx.onabort = tx.onerror = () => reject(tx.error || new Error("aborted"));
      }), WRITE_MS);
    } catch (e) {
      this.fail(e);
    }
  }

  fail(e) {
    this.broken = true;
    this.writeFallback();
    this.onBroken(e);
  }

  readFallback() {
    try {
      const kept = JSON.parse(localStorage.getItem(FALLBACK_KEY) || "{}");
      Object.keys(TABLES).forEach((t) => (kept[t] || []).forEach((row) => this.memory[t].set(row[TABLES[t]], row)));
    } catch (_) { /* nothing kept, or nothing to be read */ }
  }

  writeFallback() {
    try {
      const out = {};
      Object.keys(TABLES).forEach((t) => { out[t] = Array.from(this.memory[t].values()); });
      localStorage.setItem(FALLBACK_KEY, JSON.stringify(out));
    } catch (_) { /* in memory only; the warning says to keep the tab open */ }
  }
}
