/** A row that is not there after so many frames will not come. */
const MOST_FRAMES = 180;

/** Heights that were guessed are measured on the way, and the row may go again: it has to stay for so many frames. */
const STEADY_FRAMES = 20;

/** While the row is not there, the list is told to go to it once in so many frames. */
const RETRY_FRAMES = 8;

/** So near to the middle, in pixels, is in the middle. */
const NEAR_PX = 4;

export type Lead = {
  readonly list: HTMLElement;
  readonly key: string;
  /** Where it is to stand; "end" is for the last row, and what is below it is in sight, too. */
  readonly block: "center" | "nearest" | "end";
  /** Tells the list to go where the row will be; it can guess where that is. */
  readonly scrollThere: () => void;
  /** Called once, when the row is first in its place. */
  readonly onThere?: () => void;
};

let wish = 0;

/**
 * Leads to a row and focuses its message, through all that a virtual list does until it is there.
 * A later wish takes the place of this one, and so does whatever the reader does in the list.
 */
export function leadToRow({ list, key, block, scrollThere, onThere }: Lead): void {
  const own = ++wish;
  const selector = `[data-row="${CSS.escape(key)}"] article`;
  const stop = watchReader(list, () => {
    if (own === wish) wish++;
  });
  let steady = 0;
  let wasThere = false;
  let frame = 0;
  const attempt = (): void => {
    if (own !== wish || !list.isConnected || steady === STEADY_FRAMES || frame === MOST_FRAMES) {
      stop();
      return;
    }
    const message = list.querySelector<HTMLElement>(selector);
    if (message) steady = bringInSight(list, message, block) ? steady + 1 : 0;
    else if (frame % RETRY_FRAMES === 0) scrollThere();
    if (steady > 0 && !wasThere) {
      wasThere = true;
      onThere?.();
    }
    frame++;
    requestAnimationFrame(attempt);
  };
  attempt();
}

/** Focuses the message and moves the list so that it is in its place. Returns whether it was there already. */
function bringInSight(list: HTMLElement, message: HTMLElement, block: Lead["block"]): boolean {
  const before = list.scrollTop;
  if (!message.contains(document.activeElement)) message.focus({ preventScroll: true });
  if (block === "end") list.scrollTop = list.scrollHeight;
  else if (block === "nearest" || Math.abs(fromMiddle(list, message)) > NEAR_PX) message.scrollIntoView({ block });
  return message.contains(document.activeElement) && Math.abs(list.scrollTop - before) <= NEAR_PX;
}

function fromMiddle(list: HTMLElement, message: HTMLElement): number {
  const [outer, inner] = [list.getBoundingClientRect(), message.getBoundingClientRect()];
  return (inner.top + inner.bottom - outer.top - outer.bottom) / 2;
}

const BY_HAND = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/** Whoever moves the list, or goes to another part of the page, is not to be led any more. */
function watchReader(list: HTMLElement, onMove: () => void): () => void {
  const onFocus = ({ target }: FocusEvent): void => {
    if (target instanceof Node && !list.contains(target)) onMove();
  };
  for (const type of BY_HAND) list.addEventListener(type, onMove, { passive: true });
  document.addEventListener("focusin", onFocus);
  return () => {
    for (const type of BY_HAND) list.removeEventListener(type, onMove);
    document.removeEventListener("focusin", onFocus);
  };
}
