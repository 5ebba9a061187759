// Calls to the simulator's control half.

export class Trouble extends Error {}

async function read(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    throw new Trouble("模拟器的回答看不懂。");
  }
  if (!response.ok) throw new Trouble(body.sentence || "没有成功。");
  return body;
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(`/__sim__/${path}`, options);
  } catch {
    throw new Trouble("模拟器没有回答，它还在运行吗？");
  }
  return read(response);
}

export function get(path) {
  return call(path, { cache: "no-store" });
}

export function post(path, body = {}) {
  const isForm = body instanceof FormData;
  const headers = { "X-Simulator": "1" };
  if (!isForm) headers["Content-Type"] = "application/json";
  return call(path, { method: "POST", headers, body: isForm ? body : JSON.stringify(body) });
}

export function remove(path) {
  return call(path, { method: "DELETE", headers: { "X-Simulator": "1" } });
}
