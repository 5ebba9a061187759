// Lines of JSON in, lines of JSON out: wechat-crypto seals what we send and opens what we sealed.
"use strict";

const readline = require("node:readline");
const Crypt = require("wechat-crypto");

const [token, key, appId] = process.argv.slice(2);
const crypt = new Crypt(token, key, appId);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { seal, open, timestamp, nonce } = JSON.parse(line);
  if (seal !== undefined) {
    const sealed = crypt.encrypt(seal);
    console.log(JSON.stringify({ sealed, signature: crypt.getSignature(timestamp, nonce, sealed) }));
  } else {
    const { message, id } = crypt.decrypt(open);
    console.log(JSON.stringify({ message, id, signature: crypt.getSignature(timestamp, nonce, open) }));
  }
});
