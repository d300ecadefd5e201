// Steps, photos and preferences -> the browser's own database, so that a reload loses nothing.
import { History } from "./history.js";

const NAME = "layerpose-studio";
const LOCK = "layerpose-studio";
const STORES = ["steps", "photos", "notes"];

export class Store {
  // Only one tab keeps its work; null where the browser, or another tab, does not let this one.
  static async open() {
    if (!(await isAlone())) return null;
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
    return new Store(await done(request));
  }

  constructor(database) {
    this.database = database;
    this.written = []; // the steps that are in the database, by position
    this.queue = Promise.resolve();
  }

  // Only what differs from what is there already is written, one write after the other.
  keepHistory(history) {
    this.queue = this.queue.then(() => this.writeHistory(history));
    return this.queue;
  }

  async writeHistory({ steps, position }) {
    const same = steps.findIndex((step, index) => this.written[index] !== step);
    const first = same < 0 ? steps.length : same;
    const transaction = this.database.transaction(["steps", "notes"], "readwrite");
    const store = transaction.objectStore("steps");
    if (this.written.length > first) store.delete(IDBKeyRange.lowerBound(first));
    steps.slice(first).forEach((step, index) => store.put(step, first + index));
    transaction.objectStore("notes").put(position, "position");
    await finished(transaction);
    this.written = steps;
  }

  async history() {
    const store = this.database.transaction(["steps", "notes"]);
    const [steps, position] = await Promise.all([
      done(store.objectStore("steps").getAll()),
      done(store.objectStore("notes").get("position")),
    ]);
    this.written = steps;
    return steps.length ? new History(steps.map(freeze), Math.min(position ?? Infinity, steps.length - 1)) : null;
  }

  put(store, key, value) {
    return done(this.database.transaction(store, "readwrite").objectStore(store).put(value, key));
  }

  get(store, key) {
    return done(this.database.transaction(store).objectStore(store).get(key));
  }
}

// Holds the lock for as long as the page is open.
function isAlone() {
  return new Promise((tell) => {
    navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => {
      tell(lock !== null);
      return lock && new Promise(() => {});
    });
  });
}

// In place of the database where nothing is kept.
export class Forgetful {
  queue = Promise.resolve();
  keepHistory() {
    return this.queue;
  }

  async history() {
    return null;
  }

  async put() {}

  async get() {
    return undefined;
  }
}

const freeze = (step) => {
  Object.freeze(step.document);
  return step;
};

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
