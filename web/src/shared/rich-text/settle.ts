import type { Link, List, ListItem, Nodes, Paragraph, Parents, Root, Text } from "mdast";
import { hrefOf, isHonest } from "./href";

/** What can be in a tree. All else would be shown as typed, should a version of the parser bring it. */
const KNOWN = new Set<Nodes["type"]>([
  "blockquote",
  "code",
  "delete",
  "emphasis",
  "inlineCode",
  "link",
  "list",
  "listItem",
  "paragraph",
  "strong",
  "text",
]);

const IN_LINE = new Set<Nodes["type"]>(["delete", "emphasis", "link", "paragraph", "strong"]);

/** Readies a tree for the page: what is not shown as Markdown becomes what was typed. */
export function settle(tree: Root, source: string): void {
  settleIn(tree, source, false);
}

function settleIn(parent: Parents, source: string, isLinked: boolean): void {
  const children: Nodes[] = [];
  for (const child of parent.children) {
    if (!isShown(child)) {
      children.push(...asTyped(child, parent, source));
      continue;
    }
    if ("children" in child) settleIn(child, source, isLinked || child.type === "link");
    children.push(inPlace(child, isLinked));
  }
  if (parent.type === "list") numberItems(parent, source);
  if (!IN_LINE.has(parent.type)) keepDistances(children);
  parent.children = children as typeof parent.children;
}

/** A link leads somewhere safe and says so; a quote, a list or a block of code holds something. */
function isShown(node: Nodes): boolean {
  if (!KNOWN.has(node.type)) return false;
  switch (node.type) {
    case "link": {
      node.url = unescaped(node);
      const href = hrefOf(node.url);
      return href !== undefined && isHonest(textOf(node), href);
    }
    case "blockquote":
    case "list":
    case "code":
      return textOf(node).trim() !== "";
    default:
      return true;
  }
}

/** An address between brackets has its backslashes for the sake of the brackets. */
function unescaped({ url, children, position }: Link): string {
  const isLiteral = !position || position.start.offset === children[0]?.position?.start.offset;
  return isLiteral ? url : url.replace(/\\([!-/:-@[-`{-~])/g, "$1");
}

/** All text below a node. */
function textOf(node: Nodes): string {
  if ("value" in node) return node.value;
  return "children" in node ? node.children.map(textOf).join("") : "";
}

function asTyped(node: Nodes, parent: Parents, source: string): Nodes[] {
  const { position } = node;
  // What was found in a text and not in the source has no place there, and its text is what was typed.
  const typed = position ? source.slice(position.start.offset, position.end.offset) : textOf(node);
  const text = withMentions({ type: "text", value: typed });
  if (IN_LINE.has(parent.type)) return [text];
  return [{ type: "paragraph", children: [text], ...(position && { position }) } as Paragraph];
}

/** A node with what the page's components need of it. */
function inPlace(node: Nodes, isLinked: boolean): Nodes {
  switch (node.type) {
    case "list":
    case "listItem":
      node.spread = true; // items hold paragraphs then, as all else does
      return node;
    case "code":
      node.data = { hProperties: { title: [node.lang, node.meta].filter(Boolean).join(" ") } };
      return node;
    case "inlineCode": // would lose its line ends on the way
      return { type: "emphasis", data: { hName: "code" }, children: [{ type: "text", value: node.value }] };
    case "text":
      return isLinked ? node : withMentions(node);
    default:
      return node;
  }
}

/** A text that may mention somebody is an element, so that a component shows it. */
function withMentions(text: Text): Nodes {
  return text.value.includes("@") ? { type: "emphasis", data: { hName: "span" }, children: [text] } : text;
}

/** Numbers count up by themselves, and where they were typed to leap, they leap. */
function numberItems(list: List, source: string): void {
  if (!list.ordered) return;
  let number = (list.start ?? 1) - 1;
  for (const item of list.children) {
    const typed = Number.parseInt(source.slice(item.position?.start.offset), 10);
    number++;
    if (typed <= number) continue;
    number = typed;
    addProperty(item, "value", typed);
  }
}

/** Blank lines between blocks stay as many as they were. */
function keepDistances(blocks: readonly Nodes[]): void {
  blocks.forEach((block, i) => {
    const end = blocks[i - 1]?.position?.end.line;
    const start = block.position?.start.line;
    if (end !== undefined && start !== undefined && start - end > 1) addProperty(block, "gap", start - end - 1);
  });
}

function addProperty(node: Nodes, name: string, value: number): void {
  const data: ListItem["data"] = node.data;
  node.data = { ...data, hProperties: { ...data?.hProperties, [name]: value } };
}
