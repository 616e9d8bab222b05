// Plays subjects in a real browser against a real server:  node e2e/run.mjs URL SUBJECT…
// A subject is a file of this folder. Those that ask for something to be done with the server do it by a line on
// stdout, and wait for a line on stdin. E2E_PICTURES=FOLDER keeps pictures of the pages of what fails.
import { play } from "./lib/stage.mjs";

const [url, ...names] = process.argv.slice(2);
const subjects = await Promise.all(names.map(async (name) => [name, (await import(`./${name}.mjs`)).run]));
await play(url, subjects);
