import { Box, Button } from "@chakra-ui/react";
import { type ReactNode, type RefObject, useId, useLayoutEffect, useRef, useState } from "react";
import { texts } from "@/shared/texts";
import { isUnfolded, setUnfolded } from "./fold-store";

const words = texts.text;

/** A text of more lines or characters than these can be folded. */
const MAX_LINES = 20;
const MAX_CHARACTERS = 1_500;

/** A folded text shows so many lines, each so tall. */
const FOLDED_LINES = 12;
export const LINE_EM = 1.5;

/** What is hardly taller than when it is folded is not worth a fold. */
const SLACK = 1.25;

/** Whether the text is so long that its row might be folded. */
export function isLong(text: string): boolean {
  return text.length > MAX_CHARACTERS || text.split("\n", MAX_LINES + 1).length > MAX_LINES;
}

export type FoldProps = {
  /** Names the message, so that a row that comes back is as it was left. */
  readonly foldKey?: string | undefined;
  readonly children: ReactNode;
};

/** Shows the beginning of something long. The rest is cut off by its height alone: it can be searched and copied. */
export function Fold({ foldKey, children }: FoldProps) {
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(() => foldKey !== undefined && isUnfolded(foldKey));
  const isTall = useTall(content);
  const isFolded = isTall && !open;
  useHiddenFromKeys(frame, content, isFolded);
  useStayInSight(frame, isFolded);
  const set = (next: boolean): void => {
    setOpen(next);
    if (foldKey !== undefined) setUnfolded(foldKey, next);
  };
  return (
    <>
      <Box
        id={id}
        ref={frame}
        overflow="hidden"
        maxH={isFolded ? `${FOLDED_LINES * LINE_EM}em` : undefined}
        maskImage={isFolded ? `linear-gradient(currentcolor calc(100% - ${2 * LINE_EM}em), transparent)` : undefined}
        // What is found further down, by the browser's search or a selection, scrolls there, and is shown whole.
        onScroll={(event) => isFolded && event.currentTarget.scrollTop > 0 && set(true)}
      >
        <div ref={content}>{children}</div>
      </Box>
      {isTall && (
        <Button size="xs" variant="ghost" mt="1" aria-expanded={open} aria-controls={id} onClick={() => set(!open)}>
          {open ? words.less : words.more}
        </Button>
      )}
    </>
  );
}

/** Whether the content is so tall that folding it gains something. How wide the page is decides that. */
function useTall(content: RefObject<HTMLElement | null>): boolean {
  const [isTall, setTall] = useState(true);
  useLayoutEffect(() => {
    const element = content.current;
    if (!element) return;
    const measure = (): void => {
      const line = Number.parseFloat(getComputedStyle(element).fontSize) * LINE_EM;
      if (element.offsetHeight > 0) setTall(element.offsetHeight > FOLDED_LINES * line * SLACK);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [content]);
  return isTall;
}

/** Takes the links and buttons that are cut off out of the order of focus, also those that Markdown brings later. */
function useHiddenFromKeys(
  frame: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  isFolded: boolean,
): void {
  useLayoutEffect(() => {
    const [outer, inner] = [frame.current, content.current];
    if (!isFolded || !outer || !inner) return;
    const before = new Map<HTMLElement, string | null>();
    const restore = (): void => {
      for (const [element, tabIndex] of before) {
        if (tabIndex === null) element.removeAttribute("tabindex");
        else element.setAttribute("tabindex", tabIndex);
      }
      before.clear();
    };
    const hide = (): void => {
      restore();
      const { bottom } = outer.getBoundingClientRect();
      for (const element of inner.querySelectorAll<HTMLElement>("a, button, [tabindex]")) {
        if (element.getBoundingClientRect().bottom <= bottom) continue;
        before.set(element, element.getAttribute("tabindex"));
        element.setAttribute("tabindex", "-1");
      }
    };
    hide();
    const resized = new ResizeObserver(hide);
    resized.observe(inner);
    const changed = new MutationObserver(hide);
    changed.observe(inner, { childList: true, subtree: true });
    return () => {
      resized.disconnect();
      changed.disconnect();
      restore();
    };
  }, [frame, content, isFolded]);
}

/** Who folds a text at its end is taken to what is left of it. */
function useStayInSight(frame: RefObject<HTMLElement | null>, isFolded: boolean): void {
  const wasFolded = useRef(isFolded);
  useLayoutEffect(() => {
    if (isFolded && !wasFolded.current) frame.current?.scrollIntoView({ block: "nearest" });
    wasFolded.current = isFolded;
  }, [frame, isFolded]);
}
