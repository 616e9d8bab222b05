import { expect, it } from "vitest";
import { ApiError, CODE_NETWORK, CODE_UNREADABLE } from "@/client/api";
import { CODE_TOO_MANY } from "@/client/chat";
import { reasonOf } from "./refusal";

it.each<[unknown, RegExp]>([
  [new ApiError("invalid_channel", "As the server says it.", 422), /^As the server says it\.$/],
  [new ApiError(CODE_NETWORK, "internal", 0), /cannot be reached/],
  [new ApiError(CODE_UNREADABLE, "internal", 200), /cannot be read/],
  [new ApiError(CODE_TOO_MANY, "internal", 0), /^Leave a channel first: no more than 32/],
  [new TypeError("internal"), /cannot be reached/],
])("says of %s what a person can read", (error, want) => {
  expect(reasonOf(error)).toMatch(want);
});
