/** A row that the list was told to go to is there some frames later; after so many it will not come. */
const MOST_FRAMES = 180;

/** The list may take it away again while it finds its place: so many frames long it has to stay. */
const STEADY_FRAMES = 30;

let wish = 0;

/** Focuses the message with this key as soon as the list has rendered it. A later wish takes the place of this one. */
export function focusRow(list: HTMLElement, key: string): void {
  const own = ++wish;
  let frames = 0;
  let steady = 0;
  const attempt = (): void => {
    const active = document.activeElement;
    const isElsewhere = frames > 0 && active !== document.body && !list.contains(active);
    if (own !== wish || !list.isConnected || isElsewhere) return;
    const article = list.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"] article`);
    if (article && !article.contains(active)) article.focus({ preventScroll: true });
    steady = article?.contains(document.activeElement) ? steady + 1 : 0;
    if (steady < STEADY_FRAMES && ++frames < MOST_FRAMES) requestAnimationFrame(attempt);
  };
  attempt();
}
