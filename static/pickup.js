// The pick-up code renews itself, and the page moves on once the goods were handed over.
"use strict";

const card = document.querySelector("[data-pickup]");

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) {
      location.replace(answer.url);
      return;
    }
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-pickup]");
    if (fresh && fresh.innerHTML !== card.innerHTML) card.innerHTML = fresh.innerHTML;
  } catch {
    // Without a network the code stays; it is good for a minute more.
  }
}

setInterval(renew, 8000);
document.addEventListener("visibilitychange", renew);
