// In WeChat's browser: asks for the right to use WeChat's own map, and puts away what is of no use
// on these pages. Without it every page works, with links to maps.
"use strict";

// What would carry somebody's own page (its address holds a key) to others, or out of WeChat.
const UNWANTED = [
  "menuItem:share:timeline", "menuItem:share:qq", "menuItem:share:QZone", "menuItem:share:weiboApp",
  "menuItem:copyUrl", "menuItem:openWithQQBrowser", "menuItem:openWithSafari", "menuItem:share:email",
];

async function introduce(wx, address) {
  const asked = new URLSearchParams({ url: location.href.split("#")[0] });
  const answer = await fetch(`${address}?${asked}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  wx.ready(() => wx.hideMenuItems({ menuList: UNWANTED }));
  wx.config({ ...(await answer.json()), debug: false, jsApiList: ["openLocation", "getLocation", "hideMenuItems"], openTagList: ["wx-open-subscribe"] });
}

const address = document.currentScript?.dataset.sign;
if (window.wx && address) introduce(window.wx, address).catch(() => {});
