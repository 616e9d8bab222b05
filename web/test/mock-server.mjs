import { createHash, randomBytes, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { acceptSocket } from "./socket.mjs";

const EPOCH = "mock00000001";
const MIME = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const policy = (nonce) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: https://www.gravatar.com",
    "connect-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");

/**
 * Serves the built page as the real server does (policy, nonce), with
 * channels of the contract that live in memory. Tokens have the form of a JWT, unsigned.
 */
export async function startMockServer(dist, port = 0) {
  const channels = new Map();
  const channelOf = (name) => {
    if (!channels.has(name)) channels.set(name, new MockChannel());
    return channels.get(name);
  };
  const server = createServer((request, response) => {
    answer(channelOf, dist, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  server.on("upgrade", (request, stream) => {
    const claims = claimsOf(request, new URL(request.url, "http://mock"));
    channelOf(claims?.channel).open(request, stream, claims);
  });
  await new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    channel: channelOf("lobby"),
    channelOf,
    stop: () => {
      for (const channel of channels.values()) channel.closeAll(1012);
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(channelOf, dist, request, response) {
  const url = new URL(request.url, "http://mock");
  const send = (status, body) => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  };
  if (url.pathname === "/auth" && request.method === "POST") {
    const { name, email, channel: wanted } = JSON.parse(await text(request));
    if (!name) return send(422, { code: "invalid_name", message: "Give a name." });
    if (!/^[\p{L}\p{M}\p{N}_-]{1,64}$/u.test(wanted)) {
      return send(422, { code: "invalid_channel", message: "A channel has 1 to 64 letters, digits, - or _." });
    }
    return send(201, { token: tokenFor(name, email, wanted.normalize("NFC").toLowerCase()) });
  }
  if (["/auth", "/messages", "/users"].includes(url.pathname)) {
    const claims = claimsOf(request, url);
    if (!claims) return send(401, { code: "unauthorized", message: "Unauthorized" });
    if (url.pathname === "/auth") return send(200, claims);
    const channel = channelOf(claims.channel);
    if (channel.historyDown) return send(503, { code: "unavailable", message: "History is not available now." });
    return send(200, url.pathname === "/users" ? channel.users() : channel.history(url.searchParams));
  }
  serveFile(dist, url.pathname, response);
}

function serveFile(dist, path, response) {
  const isPage = path === "/" || /^\/c\/[^/]+$/.test(path);
  const file = join(dist, normalize(isPage ? "/index.html" : path));
  if (!existsSync(file)) return response.writeHead(404).end();
  const nonce = randomBytes(16).toString("base64url");
  const type = MIME[extname(file)] ?? "application/octet-stream";
  const headers = { "Content-Type": type, "Content-Security-Policy": policy(nonce) };
  const content = readFileSync(file);
  response
    .writeHead(200, headers)
    .end(type === MIME[".html"] ? String(content).replace("__CSP_NONCE__", nonce) : content);
}

export function userFor(name, email) {
  const md5 = (value) => createHash("md5").update(value).digest("hex");
  const avatar = email ? { avatar: `https://www.gravatar.com/avatar/${md5(email)}?s=128` } : {};
  return { id: md5(name + email), name, ...avatar };
}

function tokenFor(name, email, channel) {
  const exp = Math.floor(Date.now() / 1000) + 72 * 3600;
  const claims = JSON.stringify({ user: userFor(name, email), channel, exp, iss: "chitchat" });
  return `mock.${Buffer.from(claims).toString("base64url")}.mock`;
}

function claimsOf(request, url) {
  const token = request.headers.authorization?.replace(/^Bearer /, "") ?? url.searchParams.get("token");
  try {
    return JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());
  } catch {
    return undefined;
  }
}

async function text(request) {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

/** The log of one channel and the sockets that read it. Each has sequences of its own, from 1 on. */
class MockChannel {
  log = [];
  sockets = new Set();
  sessions = new Map();
  historyDown = false;
  refuseSockets = false;
  /** Called with each send; returns "lost" to store it without an answer, "drop" to do neither. */
  onSend = () => "ack";

  append(event) {
    const prev = this.log.at(-1)?.seq ?? 0;
    const whole = { ...event, seq: prev + 1, prev, sent_at: event.sent_at ?? new Date().toISOString() };
    this.log.push(whole);
    for (const socket of this.sockets) socket.send(JSON.stringify(whole));
    return whole.seq;
  }

  say(user, body, sentAt) {
    return this.append({ type: "message", id: randomUUID(), from_user: user, text: body, sent_at: sentAt });
  }

  join(user, session = randomUUID()) {
    if (this.sessions.has(session)) return session;
    this.sessions.set(session, user);
    this.append({ type: "join", from_user: user, session });
    return session;
  }

  leave(session) {
    const user = this.sessions.get(session);
    if (!user) return;
    this.sessions.delete(session);
    this.append({ type: "leave", from_user: user, session, reason: "closed" });
  }

  position() {
    return `${EPOCH}:${this.log.at(-1)?.seq ?? 0}`;
  }

  history(query) {
    const limit = Number(query.get("limit") ?? 50);
    const before = Number(query.get("before") ?? Number.POSITIVE_INFINITY);
    const after = query.has("after") ? Number(query.get("after")) : undefined;
    const at = query.has("at") ? this.seqAt(query.get("at")) : undefined;
    const all = this.log.filter(
      ({ type, seq }) => type === "message" && seq < before && seq > (after ?? 0) && seq <= (at ?? seq),
    );
    const page = after === undefined ? all.slice(-limit) : all.slice(0, limit);
    const then = at === undefined ? {} : { at, users: this.users(at).users };
    return { messages: page, position: this.position(), has_more: all.length > limit, ...then };
  }

  /** The last sequence at or before a time; digits alone are a sequence. */
  seqAt(at) {
    if (/^\d+$/.test(at)) return Number(at);
    return this.log.findLast(({ sent_at }) => Date.parse(sent_at) <= Date.parse(at))?.seq ?? 0;
  }

  users(at = Number.POSITIVE_INFINITY) {
    const sessions = new Map();
    for (const { type, seq, session, from_user } of this.log) {
      if (seq > at) break;
      if (type === "join") sessions.set(session, from_user);
      if (type === "leave") sessions.delete(session);
    }
    const users = new Map();
    for (const [session, user] of sessions) {
      const entry = users.get(user.id) ?? { ...user, sessions: [] };
      entry.sessions.push(session);
      users.set(user.id, entry);
    }
    return { users: [...users.values()], position: this.position() };
  }

  open(request, stream, claims) {
    const url = new URL(request.url, "http://mock");
    if (!claims || this.refuseSockets) {
      return stream.end(`HTTP/1.1 ${claims ? "503 Unavailable" : "401 Unauthorized"}\r\nContent-Length: 0\r\n\r\n`);
    }
    const session = url.searchParams.get("session") ?? randomUUID();
    const socket = acceptSocket(request, stream, "chitchat.v1");
    socket.send(JSON.stringify({ type: "hello", session, position: this.position(), ping_ms: 25000 }));
    const after = Number(url.searchParams.get("after")?.split(":")[1] ?? this.log.length);
    for (const event of this.log.filter(({ seq }) => seq > after)) socket.send(JSON.stringify(event));
    this.sockets.add(socket);
    this.join(claims.user, session);
    socket.onText = (data) => this.command(socket, claims.user, JSON.parse(data));
    socket.onClose = (code) => {
      this.sockets.delete(socket);
      if (code === 1000) this.leave(session);
    };
  }

  command(socket, user, command) {
    if (command.type === "auth") return socket.send(JSON.stringify({ type: "ack" }));
    if (command.type === "typing") return this.typing(user, socket);
    if (command.type !== "send") return;
    const verdict = this.onSend(command);
    if (verdict === "drop") return socket.drop();
    if (typeof verdict === "object") return socket.send(JSON.stringify({ type: "error", id: command.id, ...verdict }));
    const known = this.log.find((event) => event.id === command.id && event.from_user.id === user.id);
    const seq = known?.seq ?? this.append({ type: "message", id: command.id, from_user: user, text: command.text });
    if (verdict === "lost") return socket.drop();
    socket.send(JSON.stringify({ type: "ack", id: command.id, seq }));
  }

  /** Somebody is typing; all but their own socket are told. */
  typing(user, from) {
    for (const socket of this.sockets) {
      if (socket !== from) socket.send(JSON.stringify({ type: "typing", from_user: user }));
    }
  }

  closeAll(code) {
    for (const socket of this.sockets) socket.close(code);
    this.sockets.clear();
  }
}
