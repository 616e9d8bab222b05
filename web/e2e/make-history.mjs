// Prints an archive with one long channel, for `chitchat import`:  node e2e/make-history.mjs [COUNT]
import { archive, userOf } from "./lib/archive.mjs";

const [count = "5000"] = process.argv.slice(2);
const MINUTE_MS = 60_000;
const USERS = ["Ada", "Alan", "Grace", "Barbara", "Edsger", "Katherine", "Donald"].map((name) => userOf(name));
const MORE = ["", ", and a little more", `: ${"and so it goes on, ".repeat(9)}`, "\nin two lines", " **with** `code`"];

const start = Date.now() - Number(count) * 3 * MINUTE_MS;
const messages = Array.from({ length: Number(count) }, (_, i) => ({
  channel: "archive",
  user: USERS[Math.floor(i / 3) % USERS.length],
  at: start + i * 3 * MINUTE_MS,
  text: `number ${i + 1}${MORE[i % MORE.length]}`,
}));
for (const line of archive(messages)) process.stdout.write(line);
