import { describe, expect, it } from "vitest";
import { channelPath, parseAddress } from "./address";

describe("parseAddress", () => {
  it.each([
    ["/c/lobby", "", { channel: "lobby", seq: undefined }],
    ["/c/lobby/", "", { channel: "lobby", seq: undefined }],
    ["/c/Lobby", "#m812", { channel: "lobby", seq: 812 }],
    ["/c/%C3%89cole", "", { channel: "école", seq: undefined }],
    ["/c/e%CC%81", "", { channel: "é", seq: undefined }],
    ["/c/lobby", "#m0", { channel: "lobby", seq: undefined }],
    ["/c/lobby", "#m-1", { channel: "lobby", seq: undefined }],
    ["/c/lobby", "#x812", { channel: "lobby", seq: undefined }],
    ["/c/lobby", "#m99999999999999999", { channel: "lobby", seq: undefined }],
    ["/", "", undefined],
    ["/c/", "", undefined],
    ["/c/a/b", "", undefined],
    ["/c/%", "", undefined],
    ["/docs", "#m1", undefined],
  ])("%s%s", (pathname, hash, want) => {
    expect(parseAddress({ pathname, hash })).toEqual(want);
  });
});

it.each(["lobby", "école", "東京_2", "a-b"])("finds the way back to %s", (channel) => {
  for (const seq of [undefined, 812]) {
    const { pathname, hash } = new URL(channelPath(channel, seq), "http://chat");
    expect(parseAddress({ pathname, hash })).toEqual({ channel, seq });
  }
});
