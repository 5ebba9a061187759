// Where a report is: by the phone, asked for only when the button is pressed, or by a tap on the map
// without sending the form. Without it the place is written, or the map's taps are sent.
"use strict";

{
  const form = document.querySelector("form[data-draft=report]");
  const map = form?.querySelector("[data-map]");
  const said = form?.querySelector("[data-said]");
  const METRES_PER_DEGREE = 111195;

  function show(latitude, longitude, level, words) {
    form.elements.lat.value = latitude.toFixed(5);
    form.elements.lng.value = longitude.toFixed(5);
    form.elements.level.value = level;
    map.src = `${map.dataset.map}?${new URLSearchParams({ lat: latitude.toFixed(5), lng: longitude.toFixed(5), level })}`;
    said.textContent = words;
    form.dispatchEvent(new Event("input"));
  }

  if (map) {
    const spans = map.dataset.spans.split(" ").map(Number);
    const closest = spans.length - 1;
    map.addEventListener("click", (event) => {
      if (!event.offsetX && !event.offsetY) return; // the return key: the form goes on
      event.preventDefault();
      const level = Number(form.elements.level.value);
      const whole = map.dataset.middle.split(" ").map(Number);
      const [latitude, longitude] = level ? [form.elements.lat, form.elements.lng].map((e) => Number(e.value)) : whole;
      const up = spans[level] / map.clientWidth / METRES_PER_DEGREE;
      const right = up / Math.cos((latitude * Math.PI) / 180);
      show(
        latitude + (map.clientHeight / 2 - event.offsetY) * up,
        longitude + (event.offsetX - map.clientWidth / 2) * right,
        Math.min(level + 1, closest),
        level < closest ? map.dataset.closer : map.dataset.there,
      );
    });

    const locate = form.querySelector("[data-locate]");
    const found = (latitude, longitude) => show(latitude, longitude, closest, locate.dataset.found);
    const failed = () => { said.textContent = locate.dataset.failed; };
    locate.hidden = !("geolocation" in navigator || window.wx);
    locate.querySelector("button").addEventListener("click", () => {
      said.textContent = locate.dataset.looking;
      if (typeof window.wx?.getLocation === "function") {
        window.wx.getLocation({
          type: "wgs84",
          success: (place) => found(Number(place.latitude), Number(place.longitude)),
          fail: failed,
          cancel: failed,
        });
        return;
      }
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => found(coords.latitude, coords.longitude),
        failed,
        { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
      );
    });
  }
}
