import { createHash } from "node:crypto";

const EPOCH = "5f0c8a2b6d14";

/** CRC-32 with Castagnoli's polynomial, which finds a damaged line. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1;
  return rest >>> 0;
});

function crc32c(bytes) {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = TABLE[(rest ^ byte) & 0xff] ^ (rest >>> 8);
  return ((rest ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}

function md5(text) {
  return createHash("md5").update(text).digest("hex");
}

/** A person, with the id that the server gives to this name and email. */
export function userOf(name, email = "") {
  const avatar = `https://www.gravatar.com/avatar/${md5(email)}?s=128`;
  return { id: md5(name + email), name, ...(email !== "" && { avatar }) };
}

/** The lines of an archive that `chitchat import` makes a log of: messages, each with its channel, user, time and text. */
export function* archive(messages) {
  const sum = createHash("sha256");
  const at = new Date(messages.at(-1).at).toISOString();
  yield `${JSON.stringify({ chitchat: "log", v: 1, epoch: EPOCH, first: 1, last: messages.length, exported_at: at })}\n`;
  for (const [i, { channel, user, at, text }] of messages.entries()) {
    const sent_at = new Date(at).toISOString();
    const payload = { type: "message", v: 1, id: `made-up-${i + 1}`, from_user: user, sent_at, text };
    const start = JSON.stringify({ seq: i + 1, subject: `chitchat.${channel}`, stored: sent_at, payload }).slice(0, -1);
    const line = `${start},"crc32c":"${crc32c(Buffer.from(start))}"}\n`;
    sum.update(line);
    yield line;
  }
  yield `${JSON.stringify({ chitchat: "end", epoch: EPOCH, entries: messages.length, sha256: sum.digest("hex") })}\n`;
}
