import { frames, log, sees } from "./steps.mjs";

/** Which of the texts are shown, in order, all through a list that makes only the rows in sight: it is walked from its first to its last. */
export async function walk(page, texts) {
  const list = log(page);
  await list.evaluate((element) => {
    element.scrollTop = 0;
  });
  await sees(page.getByText(/^This is where/));
  const rows = new Map();
  for (let isOver = false; !isOver; ) {
    await frames(page);
    for (const { key, lines } of await rowsIn(list)) rows.set(key, lines);
    isOver = await list.evaluate((element) => {
      const before = element.scrollTop;
      element.scrollTop += element.clientHeight * 0.7;
      return element.scrollTop - before < 1;
    });
  }
  const wanted = new Set(texts);
  return [...rows]
    .sort(([a], [b]) => a - b)
    .flatMap(([, lines]) => lines)
    .filter((line) => wanted.has(line));
}

/** The rows that are there, by their places, with their lines of text. */
export function rowsIn(list) {
  return list.evaluate((element) =>
    [...element.querySelectorAll("[data-item-index]")].map((row) => ({
      key: Number(row.dataset.itemIndex),
      lines: row.innerText.split("\n"),
    })),
  );
}

/** How far the end of the list is below what is in sight, in pixels. */
export function fromEnd(page) {
  return log(page).evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight);
}
