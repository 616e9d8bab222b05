// Prints an archive with some days of a company that does not exist, for `chitchat import`:  node e2e/make-company.mjs
import { archive } from "./lib/archive.mjs";
import { talk } from "./lib/company.mjs";

for (const line of archive(talk())) process.stdout.write(line);
