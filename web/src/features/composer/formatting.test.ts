import { describe, expect, it } from "vitest";
import { type Format, formatSelection } from "./formatting";

/** Applies the format to the text between the brackets, and shows the new selection in the same way. */
const format = (marked: string, format: Format): string => {
  const from = marked.indexOf("[");
  const to = marked.indexOf("]") - 1;
  const text = marked.replace("[", "").replace("]", "");
  const { start, end, insert, selection = [0, 0] } = formatSelection(text, [from, to], format);
  const after = text.slice(0, start) + insert + text.slice(end);
  return `${after.slice(0, selection[0])}[${after.slice(...selection)}]${after.slice(selection[1])}`;
};

describe("formatSelection", () => {
  it.each<[string, Format, string, string]>([
    ["makes a word bold", "bold", "a [word] here", "a **[word]** here"],
    ["makes a word italic", "italic", "a [word] here", "a _[word]_ here"],
    ["makes a word code", "code", "a [word] here", "a `[word]` here"],
    ["takes marks off again", "bold", "a **[word]** here", "a [word] here"],
    ["takes selected marks off", "bold", "a [**word**] here", "a [word] here"],
    ["takes selected code marks off", "code", "a [`word`] here", "a [word] here"],
    ["adds one kind to the other", "italic", "**[word]**", "**_[word]_**"],
    ["leaves white space outside", "bold", "a[ word ]here", "a **[word]** here"],
    ["puts the caret between marks", "bold", "a [] b", "a **[]** b"],
    ["takes empty marks off again", "bold", "a **[]** b", "a [] b"],
    ["marks nothing in white space", "bold", "a[ ]b", "a **[]**b"],
    ["is longer than the marks inside", "code", "[a `b` c]", "``[a `b` c]``"],
    ["makes a block of lines", "code", "[a\nb]", "```\n[a\nb]\n```"],
    ["gives a block lines of its own", "code", "so [a\nb] now", "so \n```\n[a\nb]\n```\n now"],
    ["makes a longer fence than the one inside", "code", "[```\na\n```]", "````\n[```\na\n```]\n````"],
  ])("%s", (_, kind, marked, want) => {
    expect(format(marked, kind)).toBe(want);
  });
});
