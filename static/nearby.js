// What a script can do beyond the page: find out where one is, and open WeChat's own map.
// Without it everything here works by typing a place.
"use strict";

for (const button of document.querySelectorAll("[data-locate]")) {
  if (!("geolocation" in navigator)) break;
  const said = button.parentElement.querySelector("[data-locate-said]");
  const words = button.textContent;
  const fail = (sentence) => {
    button.disabled = false;
    button.textContent = words;
    said.textContent = sentence;
    said.hidden = false;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    button.textContent = button.dataset.busy;
    said.hidden = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const asked = new URLSearchParams(location.search);
        for (const name of ["q", "limit"]) asked.delete(name);
        // Five decimals are a metre; more would be nobody's business.
        asked.set("lat", coords.latitude.toFixed(5));
        asked.set("lng", coords.longitude.toFixed(5));
        asked.set("datum", "wgs84");
        location.assign(`${button.dataset.locate}?${asked}`);
      },
      (error) => fail(error.code === 1
        ? button.dataset.denied
        : button.dataset.nowhere),
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
    );
  });
}

// Inside WeChat, where the page was given its script, its own map is the shortest way.
if (window.wx && typeof window.wx.openLocation === "function") {
  for (const place of document.querySelectorAll("[data-open-location]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "weui-btn weui-btn_primary";
    button.textContent = "微信地图";
    button.addEventListener("click", () => window.wx.openLocation(JSON.parse(place.dataset.openLocation)));
    place.querySelector(".ways").before(button);
  }
}

// A map of tiles, where the page names a source. Nothing of it is asked for before the tap.
const loaded = (made) => new Promise((done, failed) => {
  made.onload = done;
  made.onerror = failed;
  document.head.append(made);
});

function mark(words, isHere) {
  const size = isHere ? 22 : 34;
  return window.L.divIcon({ className: `tiles__mark${isHere ? " tiles__mark--here" : ""}`, html: words, iconSize: [size, size] });
}

async function showTiles(box) {
  const { tiles, credit, here, places } = JSON.parse(box.dataset.tileMap);
  await Promise.all([
    loaded(Object.assign(document.createElement("link"), { rel: "stylesheet", href: box.dataset.style })),
    window.L || loaded(Object.assign(document.createElement("script"), { src: box.dataset.script })),
  ]);
  const frame = document.createElement("div");
  frame.className = "tiles";
  box.append(frame);
  const escaped = document.createElement("span");
  escaped.textContent = credit;
  const map = window.L.map(frame);
  map.attributionControl.setPrefix(false);
  // Who serves tiles wants to know the site; the page's address, with somebody's place, stays here.
  window.L.tileLayer(tiles, { attribution: escaped.innerHTML, referrerPolicy: "origin", maxZoom: 18 }).addTo(map);
  places.forEach(([latitude, longitude, name], at) => {
    const words = document.createElement("span");
    words.textContent = name;
    window.L.marker([latitude, longitude], { icon: mark(String(at + 1), false), title: name, alt: name })
      .bindPopup(words).addTo(map);
  });
  if (here) {
    window.L.marker(here, { icon: mark("", true), title: box.dataset.here, alt: box.dataset.here, keyboard: false }).addTo(map);
  }
  const seen = [...places.map(([latitude, longitude]) => [latitude, longitude]), ...(here ? [here] : [])];
  map.fitBounds(seen, { padding: [30, 30], maxZoom: 17 });
}

for (const box of document.querySelectorAll("[data-tile-map]")) {
  const button = box.querySelector("button");
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await showTiles(box);
      button.hidden = true;
    } catch {
      const said = box.querySelector("[role=alert]");
      said.textContent = box.dataset.failed;
      said.hidden = false;
      button.disabled = false;
    }
  });
}
