import { createInterface } from "node:readline";

/** Asks whoever started this program to do something with the server, and waits until it is done. */
export async function ask(what) {
  const lines = createInterface({ input: process.stdin });
  console.log(what);
  await new Promise((answered, gone) => {
    lines.once("line", answered);
    lines.once("close", () => gone(new Error(`nobody answered "${what}"`)));
  });
  lines.removeAllListeners();
  lines.close();
}
