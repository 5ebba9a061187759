// The developer's panel: every attempt to deliver, and what the platform made of the answer.

import { get } from "./api.js";
import { element } from "./chat.js";

const CLOCK = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit",
  hourCycle: "h23",
});
const WORDS = {
  silent: "无回复", shown: "已显示", ignored: "不显示", fault: "出错", no_answer: "无应答",
};

function row(attempt) {
  const verdict = WORDS[attempt.verdict] || attempt.verdict;
  const isBad = attempt.verdict === "fault" || attempt.verdict === "no_answer";
  const cells = [
    CLOCK.format(new Date(attempt.time * 1000)), attempt.kind,
    attempt.reason ? `${verdict}：${attempt.reason}` : verdict,
    attempt.attempt, attempt.status ?? "—", attempt.ms,
  ];
  const made = element("tr", { class: isBad ? "bad" : null });
  made.append(...cells.map((cell) => element("td", {}, String(cell))));
  return made;
}

export class Deliveries {
  constructor(panel, body, openid) {
    this.panel = panel;
    this.body = body;
    this.openid = openid;
    this.latest = 0;
    panel.open = window.matchMedia("(min-width: 60rem)").matches;
    panel.addEventListener("toggle", () => this.refresh());
  }

  async refresh() {
    if (!this.panel.open) return;
    const { items } = await get(`deliveries?openid=${encodeURIComponent(this.openid)}`);
    const fresh = items.filter((item) => item.id > this.latest);
    for (const attempt of fresh) this.body.prepend(row(attempt));
    if (fresh.length) this.latest = fresh.at(-1).id;
  }
}
