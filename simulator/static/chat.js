// Messages as bubbles and cards.

const CLOCK = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai", month: "numeric", day: "numeric",
  hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const QUIET_MINUTES = 5;

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function link(url, ...children) {
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function isWebAddress(url) {
  return /^https?:\/\//.test(url || "");
}

function written(segments, say) {
  return segments.map((segment) => {
    if (segment.url) return link(segment.url, segment.text);
    if (segment.says) {
      const button = element("button", { type: "button", class: "link" }, segment.text);
      button.addEventListener("click", () => say(segment.says, segment.menu_id));
      return button;
    }
    return segment.text;
  });
}

function picture(message) {
  const address = `/mmbiz/${encodeURIComponent(message.media_id)}/0`;
  const image = element("img", { src: address, alt: "照片", loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith("图片已过期"));
  return link(address, image);
}

function place(message) {
  const figures = `${message.latitude.toFixed(5)}, ${message.longitude.toFixed(5)}`;
  return [
    element("strong", {}, message.label || "位置"),
    element("span", { class: "hint" }, `GCJ-02 ${figures}`),
    element("span", { class: "pin", "aria-hidden": "true" }),
  ];
}

function card(parts, url) {
  const content = parts.filter(Boolean);
  if (isWebAddress(url)) content.push(element("span", { class: "go" }, "查看详情"));
  return isWebAddress(url) ? link(url, ...content) : element("div", {}, ...content);
}

function articles(message) {
  return message.articles.map((article) => card([
    isWebAddress(article.pic_url) ? element("img", { src: article.pic_url, alt: "" }) : null,
    element("strong", {}, article.title),
    article.description ? element("span", {}, article.description) : null,
  ], article.url));
}

function notice(message) {
  const lines = message.text.split("\n").slice(1).join("\n");
  return [card([element("strong", {}, message.title), element("span", {}, lines)], message.url)];
}

function choices(message, say) {
  const items = message.items.map((item) => {
    const button = element("button", { type: "button", class: "link" }, item.content);
    button.addEventListener("click", () => say(item.content, item.id));
    return button;
  });
  return [message.head, ...items, message.tail].filter(Boolean)
    .map((line) => element("div", {}, line));
}

function content(message, say) {
  switch (message.kind) {
    case "image": return [picture(message)];
    case "location": return place(message);
    case "news": return articles(message);
    case "template": return notice(message);
    case "msgmenu": return choices(message, say);
    default: return written(message.segments, say);
  }
}

const WIDE = new Set(["news", "template"]);

export class Chat {
  constructor(log, account, say) {
    this.log = log;
    this.initial = account.slice(-2, -1) || account.slice(0, 1);
    this.say = say;
    this.lastTime = 0;
  }

  add(messages) {
    const isAtEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    for (const message of messages) this.addOne(message);
    const isOwn = messages.some((message) => message.sender === "resident");
    if (isAtEnd || isOwn) this.log.scrollTop = this.log.scrollHeight;
  }

  addOne(message) {
    if (message.time - this.lastTime > QUIET_MINUTES * 60) {
      const time = CLOCK.format(new Date(message.time * 1000));
      this.log.append(element("p", { class: "system" }, time));
    }
    this.lastTime = message.time;
    if (message.sender === "system") {
      this.log.append(element("p", { class: "system" }, message.text));
      return;
    }
    const shape = WIDE.has(message.kind) ? "card" : `bubble ${message.kind}`;
    const bubble = element("div", { class: shape }, ...content(message, this.say));
    const row = element("div", { class: `row ${message.sender}`, "data-id": message.id });
    const speaker = message.sender === "resident" ? "我：" : "公众号：";
    row.append(element("span", { class: "unseen" }, speaker));
    if (message.sender === "account") {
      row.append(element("span", { class: "face", "aria-hidden": "true" }, this.initial));
    }
    row.append(bubble);
    // A picture has no height before it is there.
    for (const image of bubble.querySelectorAll("img")) {
      image.addEventListener("load", () => { this.log.scrollTop = this.log.scrollHeight; });
    }
    this.log.append(row);
  }
}
