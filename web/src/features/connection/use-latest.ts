import { type RefObject, useLayoutEffect, useRef } from "react";

/** The value of the last render, for those who are called later, such as a socket. */
export function useLatest<Value>(value: Value): RefObject<Value> {
  const ref = useRef(value);
  useLayoutEffect(() => {
    ref.current = value;
  });
  return ref;
}
