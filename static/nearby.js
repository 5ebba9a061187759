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
