// Ordering faults, quotas and the clock; what this phone agrees to.

import { post, remove } from "./api.js";

const by = (id) => document.getElementById(id);

export function listen(openid, attempt) {
  const said = (words) => { by("platform-said").textContent = words; };
  const order = async (words, action) => { if (await attempt(action)) said(words); };
  const on = (id, words, action) => by(id).addEventListener("submit", (event) => {
    event.preventDefault();
    order(words, action);
  });

  on("fault", "已安排。", () => post("faults", {
    endpoint: by("fault-endpoint").value,
    kind: by("fault-kind").value,
    times: Number(by("fault-times").value) || 1,
    errcode: Number(by("fault-errcode").value) || -1,
  }));
  by("fault-clear").addEventListener("click", () => order("故障已取消。", () => remove("faults")));
  on("quota", "额度已设置。", () => post("quotas", {
    endpoint: by("fault-endpoint").value,
    daily: by("quota-daily").value === "" ? null : Number(by("quota-daily").value),
  }));
  on("clock", "时钟已拨。", () => post("clock", {
    offset_s: Number(by("clock-hours").value) * 3600 || 0,
  }));
  if (!openid) return;
  for (const button of document.querySelectorAll("[data-consent]")) {
    button.addEventListener("click", () => order(
      "已选择。",
      () => post(`users/${openid}/consent?wait=0`, { answer: button.dataset.consent }),
    ));
  }
  const settle = (changed) => order("已记住。", () => post(`users/${openid}/settings`, changed));
  by("blocks").addEventListener("change", () => settle({ blocks_notices: by("blocks").checked }));
  by("oauth").addEventListener("change", () => settle({ oauth: by("oauth").value }));
}
