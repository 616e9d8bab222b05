import { type RefObject, useEffect, useRef, useState } from "react";
import { keepSession, takeSession } from "@/shared/storage";

/** The id of this tab's session, kept over a reload and over reconnects. */
export function useSession(owner: string): RefObject<string | undefined> {
  const [taken] = useState(() => takeSession(owner));
  const session = useRef(taken);
  useEffect(() => {
    const keep = (): void => keepSession(owner, session.current);
    const take = (): void => void takeSession(owner);
    window.addEventListener("pagehide", keep);
    window.addEventListener("pageshow", take);
    return () => {
      window.removeEventListener("pagehide", keep);
      window.removeEventListener("pageshow", take);
    };
  }, [owner]);
  return session;
}
