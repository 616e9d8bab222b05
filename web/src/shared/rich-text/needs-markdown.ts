/** So many UTF-16 units are parsed at the most: what a person can send, were it all of astral letters. */
const MAX_LENGTH = 8_000;

/** So many quotes and lists in each other begin on one line at the most. */
const MAX_CONTAINERS = 12;

/** So many characters outside of code can be marks at the most. */
const MAX_MARKS = 300;

/** So many lines there can be at the most. */
const MAX_LINES = 500;

/** All that can begin something in the subset of Markdown, or a link. It may say yes too often, and never no. */
const MARKUP =
  /[*_`]|~~|\]\(|<[^\s<>]*[:@]|^[ \t]*(?:>|(?:[-+]|\d{1,9}[.)])(?:[ \t]|$))|https?:\/\/|www\.|[^\s@]@[^\s@]/imu;

const CONTAINERS = new RegExp(
  String.raw`^(?:[ \t]*(?:>|(?:[-+*]|\d{1,9}[.)])(?=[ \t]|$))){${MAX_CONTAINERS + 1}}`,
  "m",
);

const FENCED = /^[ \t]*(`{3,})[^`\n]*\n[\s\S]*?^[ \t]*\1`*[ \t]*$/gm;

const MARK = /[*_~`[\]<@\\]|^[ \t]*(?:>|[-+]|\d{1,9}[.)])/gm;

/** Whether the text is more than plain text, and can be parsed in a moment. */
export function needsMarkdown(text: string): boolean {
  return MARKUP.test(text) && !isCostly(text);
}

/** The parser's time grows with the square of the marks and of their nesting. No text that is meant to be read has so many. */
function isCostly(text: string): boolean {
  if (text.length > MAX_LENGTH || CONTAINERS.test(text) || text.split("\n", MAX_LINES + 1).length > MAX_LINES)
    return true;
  return (text.replace(FENCED, "").match(MARK)?.length ?? 0) > MAX_MARKS;
}
