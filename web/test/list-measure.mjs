const MESSAGES = 100_000;
const SECONDS = 6;

/** How smooth the list is with 100,000 messages: at rest, while it is scrolled, and at its end, with 50 coming a second. */
export async function measure(browser, url) {
  const page = await browser.newPage({ viewport: { width: 1_200, height: 800 } });
  await page.goto(url);
  const log = page.getByRole("log");
  const opened = await page.evaluate(async (count) => {
    window.stage.fill(count);
    const { messages } = window.stage.scene;
    window.stage.set({ messages: [] });
    await new Promise(requestAnimationFrame);
    const start = performance.now();
    window.stage.set({ messages });
    while (!document.querySelector("[data-row]")) await new Promise(requestAnimationFrame);
    return performance.now() - start;
  }, MESSAGES);
  const lines = [`${MESSAGES} messages: first rows after ${opened.toFixed(0)} ms when all come at once`];
  lines.push(`  at rest:              ${await watch(page, false)}`);
  lines.push(`  at the end, 50 a s:   ${await watch(page, true)}`);
  await log.hover();
  const scroll = scrollFor(page, SECONDS);
  lines.push(`  scrolled up, 50 a s:  ${await watch(page, true)}`);
  await scroll;
  await page.close();
  return lines.join("\n");
}

async function scrollFor(page, seconds) {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; ) await page.mouse.wheel(0, -120);
}

/** Counts the times between frames. */
async function watch(page, isBusy) {
  const times = await page.evaluate(
    async ({ seconds, busy }) => {
      const timer = busy ? setInterval(() => window.stage.come(1), 20) : undefined;
      const gaps = [];
      const end = performance.now() + seconds * 1_000;
      for (let before = performance.now(); before < end; ) {
        const now = await new Promise(requestAnimationFrame);
        gaps.push(now - before);
        before = now;
      }
      clearInterval(timer);
      return gaps.slice(1).sort((a, b) => a - b);
    },
    { seconds: SECONDS, busy: isBusy },
  );
  const at = (part) => times[Math.floor((times.length - 1) * part)].toFixed(1);
  const late = times.filter((time) => time > 25).length;
  return `${(times.length / SECONDS).toFixed(1)} frames a s, median ${at(0.5)} ms, 95 % ${at(0.95)} ms, longest ${at(1)} ms, ${late} over 25 ms`;
}
