// On a sign's report: compare where the phone is with the sign, if asked to.
"use strict";

{
  const here = document.querySelector("[data-here]");
  if (here && "geolocation" in navigator) {
    const form = here.closest("form");
    const said = here.querySelector("[role=status]");
    here.hidden = false;
    here.querySelector("button").addEventListener("click", () => {
      said.textContent = "正在看手机离标牌有多远…";
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(4);
        form.elements.lng.value = coords.longitude.toFixed(4);
        said.textContent = "好了，会和上报一起比对，比完不保存。";
      }, () => { said.textContent = "手机没有给出位置，不要紧，直接提交就行。"; },
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 });
    });
  }
}
