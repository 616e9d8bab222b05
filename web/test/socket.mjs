import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Answers an upgrade, and returns a socket with send, close and two handlers. Text frames of up to 64 KiB, which is all that the test needs. */
export function acceptSocket(request, stream, protocol) {
  const key = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + GUID)
    .digest("base64");
  stream.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ""}\r\n`,
  );
  const socket = {
    onText: () => {},
    onClose: () => {},
    send: (text) => stream.write(frame(0x1, Buffer.from(text))),
    close: (code) => {
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      stream.end(frame(0x8, payload));
    },
    drop: () => stream.destroy(),
  };
  let rest = Buffer.alloc(0);
  stream.on("data", (data) => {
    rest = Buffer.concat([rest, data]);
    for (let read = readFrame(rest); read; read = readFrame(rest)) {
      rest = rest.subarray(read.size);
      if (read.opcode === 0x1) socket.onText(read.payload.toString());
      if (read.opcode === 0x8) {
        socket.onClose(read.payload.length >= 2 ? read.payload.readUInt16BE(0) : 1005);
        stream.end(frame(0x8, read.payload.subarray(0, 2)));
      }
    }
  });
  stream.on("error", () => {});
  stream.on("close", () => socket.onClose(1006));
  return socket;
}

function frame(opcode, payload) {
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  head[0] = 0x80 | opcode;
  head[1] = Math.min(payload.length, 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

function readFrame(data) {
  if (data.length < 2) return undefined;
  const short = data[1] & 0x7f;
  const offset = short === 126 ? 4 : 2;
  if (data.length < offset + 4) return undefined;
  const length = short === 126 ? data.readUInt16BE(2) : short;
  const size = offset + 4 + length;
  if (data.length < size) return undefined;
  const mask = data.subarray(offset, offset + 4);
  const payload = Buffer.from(data.subarray(offset + 4, size).map((byte, i) => byte ^ mask[i % 4]));
  return { opcode: data[0] & 0x0f, payload, size };
}
