/** So high is what can be seen; the theme gives it to the page. */
const HEIGHT = "--visible-height";

/** Less than this between two heights, in pixels, is rounding. */
const ROUNDING_PX = 1;

/**
 * Keeps the page as high as what can be seen of it: Safari on a phone lays its keyboard over the page, and scrolls it
 * out of sight. Who zooms in with two fingers sees less of the page, which stays as it is.
 */
export function followViewport(): void {
  const { visualViewport: seen } = window;
  if (!seen) return;
  const follow = (): void => {
    const isCovered = seen.scale === 1 && window.innerHeight - seen.height > ROUNDING_PX;
    const { style } = document.documentElement;
    if (isCovered) style.setProperty(HEIGHT, `${seen.height}px`);
    else style.removeProperty(HEIGHT);
    if (isCovered && seen.offsetTop > 0) window.scrollTo(0, 0);
  };
  seen.addEventListener("resize", follow);
  seen.addEventListener("scroll", follow);
  follow();
}
