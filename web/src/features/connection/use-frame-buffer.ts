import { useEffect, useState } from "react";
import type { Frame } from "@/client/frames";

export type FrameBuffer = { readonly push: (frame: Frame) => void; readonly flush: () => void };

/** Frames that come within this time, in milliseconds, are handed over together: one render for all. */
const GATHER_MS = 16;

/** Gathers frames. `deliver` must stay the same function. */
export function useFrameBuffer(deliver: (frames: readonly Frame[]) => void): FrameBuffer {
  const [buffer] = useState(() => createFrameBuffer(deliver));
  useEffect(() => buffer.flush, [buffer]);
  return buffer;
}

function createFrameBuffer(deliver: (frames: readonly Frame[]) => void): FrameBuffer {
  let frames: Frame[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (frames.length === 0) return;
    const gathered = frames;
    frames = [];
    deliver(gathered);
  };
  const push = (frame: Frame): void => {
    frames.push(frame);
    timer ??= setTimeout(flush, GATHER_MS);
  };
  return { push, flush };
}
