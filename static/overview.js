// Draws the overview's charts and asks for it again; its tables say all of it without this.
"use strict";

const EVERY_MS = 20000;
const fresh = document.querySelector("[data-fresh]");
const drawn = new Map();

function colours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

function option(told) {
  const of = colours();
  const axis = { axisLabel: { color: of("soft") }, axisLine: { lineStyle: { color: of("line") } } };
  return {
    animation: false,
    color: [of("accent"), of("amber-ink"), of("green-ink")],
    grid: { left: 8, right: 12, top: 10, bottom: 4, containLabel: true },
    xAxis: { type: "category", data: told.labels, ...axis, axisLabel: { color: of("soft"), hideOverlap: true } },
    yAxis: { type: "value", minInterval: 1, ...axis, splitLine: { lineStyle: { color: of("line") } } },
    series: told.series.map(({ name, values }) => ({ name, type: told.kind, data: values, barMaxWidth: 36 })),
  };
}

function draw() {
  if (!window.echarts) return;
  for (const chart of drawn.values()) chart.dispose();
  drawn.clear();
  for (const place of document.querySelectorAll("[data-chart]")) {
    const told = JSON.parse(place.dataset.chart);
    place.hidden = false;
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption(option(told));
    chart.on("click", ({ dataIndex }) => location.assign(told.urls[dataIndex]));
    drawn.set(place, chart);
  }
}

/** Take the new figures, and leave open what somebody opened, and the focus where it is. */
function take(page) {
  for (const old of document.querySelectorAll("[data-live]")) {
    const now = page.querySelector(`[data-live="${old.dataset.live}"]`);
    if (!now || old.contains(document.activeElement)) continue;
    const wasOpen = old.querySelector("[data-table]")?.open;
    const table = now.querySelector("[data-table]");
    if (table) table.open = wasOpen;
    old.replaceChildren(...now.childNodes);
  }
  fresh.textContent = page.querySelector("[data-fresh]").textContent;
  fresh.classList.remove("is-lost");
  draw();
}

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) location.assign(answer.url); // signed out meanwhile
    if (!answer.ok) throw new Error(answer.status);
    take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    fresh.textContent = fresh.dataset.lost;
    fresh.classList.add("is-lost");
  }
}

if (fresh) {
  if (window.echarts) for (const table of document.querySelectorAll("[data-table]")) table.open = false;
  draw();
  setInterval(renew, EVERY_MS);
  document.addEventListener("visibilitychange", renew);
  addEventListener("online", renew);
  addEventListener("offline", renew);
  addEventListener("resize", () => { for (const chart of drawn.values()) chart.resize(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
