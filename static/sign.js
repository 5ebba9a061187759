// On a sign's report: compare where the phone is with the sign, if asked to.
"use strict";

{
  const here = document.querySelector("[data-here]");
  if (here && "geolocation" in navigator) {
    const form = here.closest("form");
    const said = here.querySelector("[role=status]");
    here.hidden = false;
    here.querySelector("button").addEventListener("click", () => {
      said.textContent = here.dataset.busy;
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(4);
        form.elements.lng.value = coords.longitude.toFixed(4);
        said.textContent = here.dataset.done;
      }, () => { said.textContent = here.dataset.nowhere; },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
    });
  }
}
