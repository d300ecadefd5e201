// Requests -> the server's answers; while it is away they wait and are sent again, and the page is told.

const RETRY_MS = [300, 700, 1500, 2500];
const AWAY = new Set([502, 503, 504]);
const BUSY = 429;

export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export class Server extends EventTarget {
  constructor() {
    super();
    this.away = false;
  }

  // The response; a refusal (4xx) is thrown with the server's own line. `signal` gives up.
  async fetch(path, { json, ...how } = {}) {
    if (json !== undefined)
      Object.assign(how, {
        method: "POST",
        body: JSON.stringify(json),
        headers: { "Content-Type": "application/json" },
      });
    for (let attempt = 0; ; attempt++) {
      const answer = await this.try(path, how);
      if (answer?.ok) return answer;
      if (answer && answer.status !== BUSY) throw new Refusal(await lineOf(answer), answer.status);
      await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)], how.signal);
    }
  }

  async json(path, how) {
    return (await this.fetch(path, how)).json();
  }

  async blob(path, how) {
    return (await this.fetch(path, how)).blob();
  }

  // null where the server does not answer at all.
  async try(path, how) {
    try {
      const answer = await fetch(path, how);
      if (AWAY.has(answer.status)) return this.notice(true);
      this.notice(false);
      return answer;
    } catch (error) {
      if (error.name === "AbortError") throw error;
      return this.notice(true);
    }
  }

  notice(away) {
    if (away !== this.away) {
      this.away = away;
      this.dispatchEvent(new Event("away"));
    }
    return null;
  }
}

async function lineOf(answer) {
  try {
    const { detail } = await answer.json();
    return typeof detail === "string" ? detail : `the server refused it (${answer.status})`;
  } catch {
    return `the server refused it (${answer.status})`;
  }
}

export function pause(milliseconds, signal) {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        fail(signal.reason);
      },
      { once: true },
    );
  });
}
