// Makes the types of the websocket's frames from the schema that the gateway's tests hold the gateway to:
// npm run generate. With --check it writes nothing and fails when the file is not what the schema makes.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";

const schemaFile = new URL("../../httpapi/gateway/frames.schema.json", import.meta.url);
const typesFile = new URL("../src/client/frames.gen.ts", import.meta.url);

const types = await compile(JSON.parse(await readFile(schemaFile, "utf8")), "Frame", {
  additionalProperties: false, // unknown fields are ignored, so they have no type
  bannerComment: "// Made from httpapi/gateway/frames.schema.json by npm run generate. Do not edit.",
  ignoreMinAndMaxItems: true, // a list of at most 100 would be a union of 101 tuples
  unknownAny: true,
  style: { printWidth: 120, trailingComma: "all" },
});

if (!process.argv.includes("--check")) {
  await writeFile(typesFile, types);
} else if ((await readFile(typesFile, "utf8")) !== types) {
  process.stderr.write(`${fileURLToPath(typesFile)} is not what its schema makes: npm run generate\n`);
  process.exitCode = 1;
}
