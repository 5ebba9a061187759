// Scans a resident's pick-up code with the telephone's camera; the page works without it.
"use strict";

const form = document.querySelector("[data-counter]");
const panel = form?.querySelector("[data-camera]");
const CODE = /^BX1:\d{1,10}:\d{8}$/;

function say(words) {
  panel.querySelector("[data-said]").textContent = words;
}

function accept(words) {
  if (!CODE.test(words)) {
    say("这不是取货码，请对准居民手机上的二维码。");
    return false;
  }
  form.elements.scanned.value = words;
  form.requestSubmit();
  return true;
}

// The browser's own reader where there is one; else a decoder of ours, fetched when it is needed.
let decoder;
async function reader() {
  if (decoder) return decoder;
  if ("BarcodeDetector" in window) {
    try {
      const native = new BarcodeDetector({ formats: ["qr_code"] });
      decoder = async (source) => (await native.detect(source))[0]?.rawValue;
      return decoder;
    } catch {
      // Named but not there: some systems have the name only.
    }
  }
  await new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = form.dataset.decoder;
    script.addEventListener("load", loaded);
    script.addEventListener("error", failed);
    document.head.append(script);
  });
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  decoder = async (source) => {
    const width = source.videoWidth ?? source.width;
    const height = source.videoHeight ?? source.height;
    const scale = Math.min(1, 1024 / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    pen.drawImage(source, 0, 0, canvas.width, canvas.height);
    const pixels = pen.getImageData(0, 0, canvas.width, canvas.height);
    return window.jsQR(pixels.data, pixels.width, pixels.height)?.data;
  };
  return decoder;
}

async function watch() {
  const video = panel.querySelector("video");
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    await video.play();
  } catch {
    say("摄像头打不开，请拍一张，或输入编号和取货码。");
    return;
  }
  video.dataset.on = "";
  say("请对准居民手机上的二维码。");
  const read = await reader();
  const look = async () => {
    const words = video.readyState >= 2 ? await read(video).catch(() => undefined) : undefined;
    if (words && accept(words)) {
      for (const track of video.srcObject.getTracks()) track.stop();
      return;
    }
    setTimeout(look, 150);
  };
  look();
}

async function readPhoto(event) {
  const [file] = event.target.files;
  if (!file) return;
  say("正在识别…");
  try {
    const read = await reader();
    const words = await read(await createImageBitmap(file));
    if (words) accept(words);
    else say("没有认出二维码，请靠近一点再拍，或输入编号和取货码。");
  } catch {
    say("这张照片认不出来，请输入编号和取货码。");
  }
}

if (panel) {
  panel.hidden = false;
  const start = panel.querySelector("[data-start]");
  if (navigator.mediaDevices?.getUserMedia) start.addEventListener("click", watch);
  else start.hidden = true;
  panel.querySelector("[data-photo]").addEventListener("change", readPhoto);
}
