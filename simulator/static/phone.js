// One phone: polls the screen, sends what the resident does.

import { get, post, Trouble } from "./api.js";
import { Chat, element } from "./chat.js";
import { Deliveries } from "./deliveries.js";
import { PlaceDialog } from "./place.js";
import { listen as listenToPlatform } from "./platform.js";

const { openid, account } = document.body.dataset;
const by = (id) => document.getElementById(id);
const MAX_PHOTO_BYTES = 10 * 1024 * 1024;
const POLL_MS = 700;
const HIDDEN_POLL_MS = 3000;

function tell(sentence) {
  by("trouble").textContent = sentence;
  by("trouble").hidden = !sentence;
}

async function attempt(action) {
  tell("");
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    tell(error.message);
    return null;
  }
}

async function newPhone() {
  const made = await attempt(() => post("users"));
  if (made) window.location.assign(`/phone/${made.openid}`);
}

// A resident's action is answered at once (wait=0); the account's reply comes with the polling.
async function act(path, body) {
  const done = await attempt(() => post(`users/${openid}/${path}?wait=0`, body));
  if (done) await refresh();
  return done;
}

const say = (text, menuId) => act("text", menuId ? { text, menu_id: menuId } : { text });
const chat = new Chat(by("chat"), account, say);
const deliveries = new Deliveries(by("deliveries"), by("attempts"), openid);
let lastId = 0;
let shownMenu = "";
let underWay = null;

function refresh() {
  // One refresh at a time, so that no message is added twice.
  underWay = (underWay || Promise.resolve()).then(readScreen, readScreen);
  return underWay;
}

async function readScreen() {
  const screen = await get(`users/${openid}/screen?after=${lastId}`);
  if (screen.messages.length) {
    lastId = screen.messages.at(-1).id;
    chat.add(screen.messages);
  }
  showState(screen);
  await deliveries.refresh();
}

function showState(screen) {
  by("stranger").hidden = screen.follows;
  by("follower").hidden = !screen.follows;
  by("unfollow").hidden = !screen.follows;
  by("typing").hidden = !screen.is_typing;
  const menu = JSON.stringify(screen.menu);
  if (menu !== shownMenu) {
    shownMenu = menu;
    showMenu(screen.menu);
  }
}

function entry(button) {
  if (button.type === "view") {
    const link = element("a", { href: button.url, target: "_blank", rel: "noopener noreferrer" }, button.name);
    link.addEventListener("click", () => act("click", { url: button.url }));
    return link;
  }
  const made = element("button", { type: "button" }, button.name);
  made.addEventListener("click", () => act("click", { key: button.key || button.name }));
  return made;
}

function submenu(button) {
  const list = element("div", { class: "submenu" }, ...button.sub_button.map(entry));
  list.hidden = true;
  const opener = element("button", { type: "button", "aria-expanded": "false" }, `≡ ${button.name}`);
  const show = (isOpen) => {
    list.hidden = !isOpen;
    opener.setAttribute("aria-expanded", String(isOpen));
  };
  const holder = element("div", { class: "holder" }, list, opener);
  opener.addEventListener("click", () => show(list.hidden));
  list.addEventListener("click", () => show(false));
  holder.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    show(false);
    opener.focus();
  });
  holder.addEventListener("focusout", (event) => {
    if (!holder.contains(event.relatedTarget)) show(false);
  });
  return holder;
}

function showMenu(buttons) {
  by("menu").replaceChildren(...buttons.map((button) => (
    button.sub_button?.length ? submenu(button) : element("div", { class: "holder" }, entry(button))
  )));
  by("menu").hidden = !buttons.length;
}

function showTools(isOpen) {
  by("tools").hidden = !isOpen;
  by("more").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) by("chat").scrollTop = by("chat").scrollHeight;
}

async function sendText() {
  const text = by("say").value;
  if (!text.trim()) return;
  by("say").value = "";
  if (!(await say(text))) by("say").value = text;
  by("say").focus();
}

async function sendPhoto() {
  const [file] = by("photo").files;
  by("photo").value = "";
  if (!file) return;
  if (file.size > MAX_PHOTO_BYTES) {
    tell("照片超过 10 MB，请换一张。");
    return;
  }
  showTools(false);
  const form = new FormData();
  form.append("photo", file);
  await act("photo", form);
}

function listen() {
  const place = new PlaceDialog((chosen) => act("location", chosen));
  by("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    sendText();
  });
  by("say").addEventListener("keydown", (event) => {
    // While Chinese is being composed, Enter belongs to the input method.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    sendText();
  });
  by("more").addEventListener("click", () => showTools(by("tools").hidden));
  by("photo").addEventListener("change", sendPhoto);
  by("open-place").addEventListener("click", () => {
    showTools(false);
    place.open();
  });
  by("follow").addEventListener("click", () => (openid ? act("follow") : newPhone()));
  by("unfollow").addEventListener("click", () => act("unfollow"));
  by("new-phone")?.addEventListener("click", newPhone);
}

async function poll() {
  try {
    await refresh();
    if (by("trouble").dataset.lost) tell("");
    delete by("trouble").dataset.lost;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    tell(error.message);
    by("trouble").dataset.lost = "yes";
  }
  setTimeout(poll, document.hidden ? HIDDEN_POLL_MS : POLL_MS);
}

listen();
listenToPlatform(openid, attempt);
document.querySelector("[aria-current]")?.scrollIntoView({ inline: "nearest" });
if (openid) poll();
else by("stranger").hidden = false;
