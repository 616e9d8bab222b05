import Ajv from "ajv/dist/2020";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import frames from "../../../httpapi/gateway/frames.schema.json";
import { Account } from "./account";
import { ApiClient } from "./api";
import { Channel } from "./channel";
import { parseFrame } from "./frames";
import { parsePosition } from "./position";
import { MemoryStore } from "./store";

// The schema and the examples are the gateway's: its tests compare what it sends and takes with the same files.
const files = import.meta.glob<string>("../../../httpapi/gateway/testdata/frames/*.json", {
  eager: true,
  query: "?raw",
  import: "default",
});
const examples = Object.entries(files).map(([path, raw]) => ({ name: path.slice(path.lastIndexOf("/") + 1), raw }));
const commands = examples.filter(({ name }) => name.startsWith("command-"));
const serverFrames = examples.filter(({ name }) => !name.startsWith("command-"));

const ajv = new Ajv({ allErrors: true, validateFormats: false }).addSchema(frames, "frames");

/** What is wrong with the frame, undefined when it is one of that name. */
function faults(name: string, frame: unknown): unknown {
  const isValid = ajv.getSchema(`frames#/$defs/${name}`);
  if (!isValid) throw new Error(`the schema has no ${name}`);
  return isValid(frame) ? undefined : isValid.errors;
}

describe("the gateway's examples", () => {
  it.each(serverFrames)("$name is a frame of the schema, and is read whole", ({ raw }) => {
    const { v: _, ...frame } = JSON.parse(raw);
    expect(faults("ServerFrame", frame)).toBeUndefined();
    const position = "position" in frame ? { position: parsePosition(frame.position) } : {};
    expect(parseFrame(raw)).toStrictEqual({ ...frame, ...position });
  });

  it.each(commands)("$name is a command of the schema", ({ raw }) => {
    expect(faults("ClientCommand", JSON.parse(raw))).toBeUndefined();
  });

  const kinds = (["ServerFrame", "ClientCommand"] as const).flatMap((root) =>
    frames.$defs[root].oneOf.map(({ $ref }) => ({
      kind: $ref.slice($ref.lastIndexOf("/") + 1),
      of: root === "ServerFrame" ? serverFrames : commands,
    })),
  );
  it.each(kinds)("have a $kind", ({ kind, of }) => {
    expect(of.filter(({ raw }) => faults(kind, JSON.parse(raw)) === undefined)).not.toHaveLength(0);
  });
});

/** A socket whose other end is the test. */
class Line {
  readonly readyState = 1;
  onopen: WebSocket["onopen"] = null;
  onmessage: WebSocket["onmessage"] = null;
  onclose: WebSocket["onclose"] = null;

  constructor(
    private readonly sent: Record<string, unknown>[],
    private readonly answers: boolean,
  ) {}

  send(data: unknown): void {
    const command: Record<string, unknown> = JSON.parse(String(data));
    this.sent.push(command);
    if (this.answers) this.say({ type: "ack", id: command.id });
  }

  close(): void {}

  greet(): void {
    this.onopen?.call(this as unknown as WebSocket, new Event("open"));
    this.say({ type: "hello", session: "s", position: "e1:7", ping_ms: 25_000 });
  }

  private say(frame: Record<string, unknown>): void {
    const event = new MessageEvent("message", { data: JSON.stringify(frame) });
    this.onmessage?.call(this as unknown as WebSocket, event);
  }

  end(code: number): void {
    const event = Object.assign(new Event("close"), { code, reason: "", wasClean: true });
    this.onclose?.call(this as unknown as WebSocket, event);
  }
}

describe("the commands that a channel sends", () => {
  const self = { id: "97f960a48b419ff55a2abfba9d8de223", name: "John Snow" };

  /** Answers a sign-in with a token for an hour, and a read with nothing. */
  async function answer(path: string): Promise<Response> {
    const claims = { user: self, channel: "lobby", exp: Math.floor(Date.now() / 1000) + 3600, iss: "chitchat" };
    if (path === "/auth") return Response.json({ token: `e30.${btoa(JSON.stringify(claims))}.x` });
    return Response.json({ messages: [], users: [], position: "e1:7", has_more: false });
  }

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("fetch", answer);
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("are commands of the schema", async () => {
    const sent: Record<string, unknown>[] = [];
    const lines: Line[] = [];
    const api = new ApiClient();
    const account = new Account(api, new MemoryStore());
    await account.signIn({ name: self.name, email: "", channel: "lobby" });
    const channel = new Channel({
      name: "lobby",
      self,
      account,
      api,
      origin: "http://localhost",
      openSocket: () => {
        const line = new Line(sent, lines.length > 0); // the first one says nothing
        lines.push(line);
        return line;
      },
      store: new MemoryStore(),
      pageStore: new MemoryStore(),
    });

    channel.open();
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    lines[0]?.greet();
    channel.typing();
    channel.send("Hello!");
    await vi.waitFor(() => expect(sent).toHaveLength(2));
    lines[0]?.end(1012); // nobody tells what became of the message
    await vi.waitFor(() => expect(lines).toHaveLength(2));
    lines[1]?.greet();
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    await vi.advanceTimersByTimeAsync(56 * 60_000); // the token's end comes near
    channel.close();

    expect(sent.map((command) => faults("ClientCommand", command)).filter(Boolean)).toEqual([]);
    const kinds = new Set(sent.map(({ type, retry }) => (retry ? `${type} again` : type)));
    expect(kinds).toEqual(new Set(["typing", "send", "send again", "auth"]));
  });
});
