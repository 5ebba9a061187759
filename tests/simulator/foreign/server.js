// An account's server made of co-wechat, which says what it was told. Prints its port.
"use strict";

const Koa = require("koa");
const wechat = require("co-wechat");

const [token, encodingAESKey, appid] = process.argv.slice(2);
const app = new Koa();
app.silent = true;
app.use(wechat({ token, appid, encodingAESKey }).middleware(async (message) => {
  switch (message.MsgType) {
    case "text": return message.Content;
    case "location": return `${message.Location_X},${message.Location_Y} ${message.Label}`;
    case "event": return `${message.Event} ${message.EventKey || ""}`.trim();
    default: return message.MsgType;
  }
}));
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0)); // with the test that started us
