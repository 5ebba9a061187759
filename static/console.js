// Conveniences of the desk; every page works without them.
"use strict";

const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (rows.length === 0) return;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by;
  rows[Math.min(Math.max(next, 0), rows.length - 1)].focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "x") {
    const box = document.activeElement.closest(".row")?.querySelector('input[type="checkbox"]');
    if (box) box.checked = !box.checked;
  } else if (event.key === "p") {
    // Takes the proposal of the case's page; once, as a second press finds the button busy.
    document.querySelector("[data-take]:not([aria-disabled])")?.click();
  } else if (/^[1-9]$/.test(event.key)) {
    // The moves of a case's page, in their order: opened, with the first field ready.
    const card = document.querySelectorAll(".move-card")[Number(event.key) - 1];
    if (!card) return;
    event.preventDefault();
    if (card.matches("details")) card.open = true;
    card.querySelector("select, textarea, input:not([type=hidden]), button").focus();
  }
  else if (event.key === "/") {
    const field = document.querySelector('[data-key="/"]');
    if (!field) return;
    event.preventDefault();
    field.focus();
  }
});

// A photo that the server would turn away is said so before minutes of upload.
document.addEventListener("change", (event) => {
  const { limit } = event.target.dataset;
  if (event.target.type !== "file" || !limit) return;
  const total = [...event.target.files].reduce((sum, file) => sum + file.size, 0);
  const isTooMuch = total > Number(limit);
  const megabytes = Math.floor(Number(limit) / 1048576);
  event.target.setCustomValidity(isTooMuch ? `照片太大了，请一次少选几张（共 ${megabytes} MB 以内）` : "");
  event.target.reportValidity();
});

// The request key makes a second click harmless; this only shows that the first one counts.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.dataset.busy) return;
  button.dataset.idle = button.textContent;
  button.textContent = button.dataset.busy;
  button.setAttribute("aria-disabled", "true");
});

addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[data-idle]")) {
    button.textContent = button.dataset.idle;
    button.removeAttribute("aria-disabled");
    delete button.dataset.idle;
  }
});

// A worker is busy for this page: its piece is fetched anew each second, and the page once it is done.
const busy = document.querySelector("[data-poll]");
async function poll() {
  try {
    const answer = await fetch(busy.dataset.poll, { cache: "no-store" });
    if (answer.status === 204) return location.reload();
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      busy.replaceChildren(...fresh.body.childNodes);
    }
  } catch {
    // No network for a moment: the next time.
  }
  setTimeout(poll, 1000);
}
if (busy) setTimeout(poll, 1000);

// A telephone in the street loses its network: what was typed stays, nothing is sent into nothing.
const offline = document.querySelector("[data-offline]");
const showNetwork = () => { offline.hidden = navigator.onLine; };
if (offline) {
  showNetwork();
  addEventListener("online", showNetwork);
  addEventListener("offline", showNetwork);
  document.addEventListener("submit", (event) => { if (!navigator.onLine) event.preventDefault(); }, true);
}
