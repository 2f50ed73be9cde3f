// Enhances the pages, which work without it: local times, and parts that follow what happens.

const language = document.documentElement.lang;
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function distance(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[3];
  return relative.format(Math.trunc(seconds / length), unit);
}

// Shows times in the time zone of the browser.
function localize(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    if ("relative" in element.dataset) {
      element.title = exact.format(date);
      element.textContent = distance(date);
    } else {
      element.title = element.dateTime;
      element.textContent = exact.format(date);
    }
  }
}

// Keeps the parts of the page with `data-live` current: when the stream reports an alert, and every `interval` seconds.
class LivePage extends HTMLElement {
  #stream;
  #timer;
  #pending;
  #later;
  #alerts = 0;

  connectedCallback() {
    this.setAttribute("role", "status");
    const stream = this.getAttribute("stream");
    if (stream) this.#open(stream);
    const interval = Number(this.getAttribute("interval"));
    if (interval > 0) this.#timer = setInterval(() => document.hidden || this.#refresh(), interval * 1000);
  }

  disconnectedCallback() {
    this.#stream?.close();
    clearInterval(this.#timer);
    clearTimeout(this.#pending);
    clearTimeout(this.#later);
  }

  #open(address) {
    const stream = new EventSource(address);
    this.#stream = stream;
    stream.onopen = () => this.#say("Live: new alerts appear here.");
    stream.onerror = () => {
      this.#say("The connection is interrupted; it is being restored.");
      // The server has refused the stream, for example because the session has ended.
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
    };
    stream.addEventListener("alert", () => {
      this.#alerts += 1;
      this.#soon();
    });
    stream.addEventListener("gap", () => {
      this.#say("Some alerts may be missing here. Reload the page to see all.");
    });
    stream.addEventListener("signed-out", () => location.reload());
  }

  #soon() {
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined;
      this.#refresh();
    }, 200);
    // The list has an alert about a second after it was raised, if the audit database is slow.
    clearTimeout(this.#later);
    this.#later = setTimeout(() => this.#refresh(), 2000);
  }

  // Loads the page again and takes over its live parts, except one that has the focus. A document that is loaded like
  // this runs no scripts.
  #refresh() {
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.setRequestHeader("x-page-refresh", "1");
    request.onload = () => {
      const loaded = request.response;
      if (request.status !== 200 || !loaded || new URL(request.responseURL).pathname !== location.pathname) return;
      for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = loaded.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
        // Nothing that somebody reads or types is replaced under their hands.
        if (!fresh || part.contains(document.activeElement) || part.querySelector("details[open] form")) continue;
        const opened = [...part.querySelectorAll("details")].map((details) => details.open);
        const adopted = document.adoptNode(fresh);
        adopted.querySelectorAll("details").forEach((details, at) => { details.open = opened[at] ?? false; });
        localize(adopted);
        part.replaceWith(adopted);
      }
      if (this.#alerts > 0) this.#say(`New alerts since this page was loaded: ${this.#alerts}.`);
    };
    request.send();
  }

  #say(text) {
    this.textContent = text;
  }
}

localize(document);
setInterval(() => localize(document), 30000);
customElements.define("live-page", LivePage);
