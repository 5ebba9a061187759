// WeChat's own element for agreeing to notices tells here how it went; the consent itself reaches the
// service from the platform, not from this page.
"use strict";

const element = document.getElementById("agree");
const told = document.getElementById("agreed");

function tell(what) {
  told.textContent = told.dataset[what];
}

element.addEventListener("success", (event) => {
  const details = JSON.parse(event.detail.subscribeDetails || "{}");
  const choices = Object.values(details).map((one) => JSON.parse(one).status);
  tell(choices.includes("accept") ? "done" : "not");
});
element.addEventListener("error", () => tell("failed"));
