import type { Nodes, Root } from "mdast";
import type { CompileContext, Extension as FromMarkdown, Token } from "mdast-util-from-markdown";
import type { Construct, Extension as Syntax } from "micromark-util-types";
import type {} from "remark-parse";
import type { Processor } from "unified";
import { settle } from "./settle";

declare module "mdast-util-from-markdown" {
  interface CompileData {
    /** White space at the beginning of a line, until it is known whether a paragraph begins there. */
    indent?: { readonly token: Token; readonly value: string };
  }
}

/** What is not in the subset. It is not understood, so that it stays as it was typed. */
const DISABLED = [
  "characterReference",
  "codeIndented",
  "definition",
  "gfmFootnoteCall",
  "gfmFootnoteDefinition",
  "gfmPotentialFootnoteCall",
  "hardBreakEscape",
  "headingAtx",
  "htmlFlow",
  "htmlText",
  "setextUnderline",
  "table",
  "tasklistCheck",
  "thematicBreak",
];

/** Deeper trees are shown as typed: nobody reads them, and each level costs stack and width. */
const MAX_DEPTH = 32;

/** Restricts Markdown to the subset, and gives back to the tree what Markdown would drop of a text. */
export function remarkSubset(this: Processor): (tree: Root, file: { readonly value: unknown }) => void {
  const data = this.data();
  data.micromarkExtensions = [...(data.micromarkExtensions ?? []), { disable: { null: DISABLED } }, LINES];
  data.fromMarkdownExtensions = [...(data.fromMarkdownExtensions ?? []), AS_TYPED];
  return (tree, file) => {
    const source = String(file.value);
    if (depthOf(tree) > MAX_DEPTH) tree.children = [{ type: "paragraph", children: [{ type: "text", value: source }] }];
    settle(tree, source);
  };
}

/**
 * Ends a quote or a list with its last marked or indented line. Markdown takes the next line in as well,
 * but in a chat that line is the answer to the quote.
 */
const lineEndsContainer: Construct = {
  name: "lineEndsContainer",
  tokenize(_effects, ok, nok) {
    return (code) => (this.interrupt && this.parser.lazy[this.now().line] ? ok(code) : nok(code));
  },
};

const LINES: Syntax = { flow: { null: [lineEndsContainer] } };

/** Keeps white space, and the backslash that keeps a mark from being one: paths, patterns and ¯\_(ツ)_/¯ hold them. */
const AS_TYPED: FromMarkdown = {
  canContainEols: ["delete", "link"],
  enter: { hardBreakTrailing: enterData, lineSuffix: enterSpace, linePrefix: enterSpace, paragraph: enterParagraph },
  exit: {
    characterEscape: exitData,
    characterEscapeValue: () => undefined,
    hardBreakTrailing: exitData,
    linePrefix: exitSpace,
    lineSuffix: exitSpace,
  },
};

function enterData(this: CompileContext, token: Token): void {
  this.config.enter.data?.call(this, token);
}

function exitData(this: CompileContext, token: Token): void {
  this.config.exit.data?.call(this, token);
}

function enterSpace(this: CompileContext, token: Token): void {
  if (isInLine(this)) enterData.call(this, token);
  else this.data.indent = { token, value: this.sliceSerialize(token) };
}

function exitSpace(this: CompileContext, token: Token): void {
  if (this.stack.at(-1)?.type === "text") exitData.call(this, token);
}

const IN_LINE = new Set(["delete", "emphasis", "paragraph", "strong"]);

/** A fragment gathers what becomes a label, or code, whose indentation is that of its fence. */
function isInLine({ stack }: CompileContext): boolean {
  const inner = stack.at(-1)?.type ?? "";
  return inner === "fragment" ? stack.at(-2)?.type === "link" : IN_LINE.has(inner);
}

function enterParagraph(this: CompileContext, token: Token): void {
  this.enter({ type: "paragraph", children: [] }, token);
  const { indent } = this.data;
  if (indent?.token.end.offset !== token.start.offset) return;
  this.enter({ type: "text", value: indent?.value ?? "" }, token);
  this.exit(token);
}

function depthOf(tree: Root): number {
  let depth = 0;
  for (let level: Nodes[] = [tree]; level.length > 0; depth++) {
    level = level.flatMap((node) => ("children" in node ? node.children : []));
  }
  return depth;
}
