// What a script can do for any report: keep the draft and its photos when the phone throws the page
// away while its camera is open, and send once. Without it the forms work.
"use strict";

const KEPT_MS = 24 * 3600 * 1000;

/** Photos do not fit into local storage; a database that fails is as if there were none. */
const photos = {
  async store(mode, act) {
    const opened = indexedDB.open("bx-drafts", 1);
    opened.onupgradeneeded = () => opened.result.createObjectStore("photos");
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const database = await done(opened);
    try {
      return await done(act(database.transaction("photos", mode).objectStore("photos")));
    } finally {
      database.close();
    }
  },
  keep: (code, files) => photos.store("readwrite", (s) => s.put(files, code)).catch(() => {}),
  kept: (code) => photos.store("readonly", (s) => s.get(code)).catch(() => undefined),
  drop: (code) => photos.store("readwrite", (s) => s.delete(code)).catch(() => {}),
};
const words = {
  key: (code) => `bx-draft-${code}`,
  keep(code, draft) {
    try { localStorage.setItem(words.key(code), JSON.stringify({ ...draft, at: Date.now() })); } catch { /* full, or private */ }
  },
  kept(code) {
    try {
      const draft = JSON.parse(localStorage.getItem(words.key(code)));
      return draft && Date.now() - draft.at < KEPT_MS ? draft : null;
    } catch { return null; }
  },
  drop(code) {
    try { localStorage.removeItem(words.key(code)); } catch { /* there is none */ }
  },
};

const form = document.querySelector("form[data-draft]");
if (form) {
  const code = form.dataset.draft;
  const FIELDS = (form.dataset.keep ?? "what phone request_key").split(" ");
  const camera = form.elements.photos;
  const keep = () => words.keep(code, Object.fromEntries(
    FIELDS.filter((name) => form.elements[name]).map((name) => [name, form.elements[name].value])));

  const draft = words.kept(code);
  // After a refusal the server's page has the newest words.
  if (draft && !form.querySelector("[role=alert]") && !form.elements.what.value) {
    for (const name of FIELDS) if (form.elements[name] && draft[name]) form.elements[name].value = draft[name];
    if (draft.what || draft.phone || draft.place) form.querySelector("[data-restored]").hidden = false;
  }
  photos.kept(code).then((files) => {
    if (form.dataset.held || !files || !files.length || camera.files.length || typeof DataTransfer !== "function") return;
    const chosen = new DataTransfer();
    for (const file of files) chosen.items.add(file);
    camera.files = chosen.files;
    form.querySelector("[data-restored]").hidden = false;
  });

  form.addEventListener("input", keep);
  form.elements.drop_photos?.addEventListener("change", () => photos.drop(code));
  camera.addEventListener("click", keep);
  camera.addEventListener("change", () => { keep(); photos.keep(code, [...camera.files]); });
  form.addEventListener("submit", (event) => {
    const size = [...camera.files].reduce((sum, file) => sum + file.size, 0);
    if (size > Number(form.dataset.uploadLimit)) {
      event.preventDefault();
      camera.setCustomValidity(form.dataset.tooMuch);
      camera.reportValidity();
      camera.setCustomValidity("");
      return;
    }
    keep();
    // Kept, then: a form sent into nothing would be a page of the browser's own, and the words gone.
    const offline = form.querySelector("[data-offline]");
    if (offline) offline.hidden = navigator.onLine;
    if (offline && !navigator.onLine) event.preventDefault();
  });
}

for (const once of document.querySelectorAll("form[data-draft], form[data-once]")) {
  once.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || button?.tagName !== "BUTTON") return;
    const words = button.textContent;
    // Only after the form was read: a disabled button is not sent along.
    setTimeout(() => { button.disabled = true; button.textContent = once.dataset.busy; });
    // Coming back by the back button finds a button that works.
    addEventListener("pageshow", () => { button.disabled = false; button.textContent = words; }, { once: true });
  });
}

const sent = document.querySelector("[data-sent]");
if (sent) {
  words.drop(sent.dataset.sent);
  photos.drop(sent.dataset.sent);
}
