import { Box } from "@chakra-ui/react";
import type { Element, Text as Shown } from "hast";
import type { Text as Typed } from "mdast";
import type { ReactNode } from "react";
import Markdown, { type Components, type ExtraProps, type Options } from "react-markdown";
import remarkGfm from "remark-gfm";
import { CodeBlock } from "./code-block";
import { LINE_EM } from "./fold";
import { MentionText } from "./mention-text";
import { Paragraph } from "./paragraph";
import { remarkSubset } from "./subset";

/** A single tilde is as often "about" as it is a mark. */
const PLUGINS: NonNullable<Options["remarkPlugins"]> = [[remarkGfm, { singleTilde: false }], remarkSubset];

/** A text with the subset of Markdown that messages have, and all else in it as it was typed. */
export function MarkdownText({ text }: { readonly text: string }) {
  return recentElementsOf(text);
}

/** So many texts are kept as they were parsed, since rows of a long list go and come back. */
const MAX_RECENT = 300;

const recent = new Map<string, ReactNode>();

function recentElementsOf(text: string): ReactNode {
  const elements = recent.get(text) ?? elementsOf(text);
  recent.delete(text);
  recent.set(text, elements);
  for (const oldest of recent.keys()) {
    if (recent.size <= MAX_RECENT) break;
    recent.delete(oldest);
  }
  return elements;
}

/** The component has no state: called here, it can be caught where a text is too deep for the parser's recursion. */
function elementsOf(text: string): ReactNode {
  try {
    return Markdown({
      children: text,
      components: COMPONENTS,
      remarkPlugins: PLUGINS,
      remarkRehypeOptions: { handlers: { text: keepText } },
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return (
      <Paragraph>
        <MentionText>{text}</MentionText>
      </Paragraph>
    );
  }
}

/** The handler that comes along trims lines. */
function keepText(_: unknown, { value }: Typed): Shown {
  return { type: "text", value };
}

const COMPONENTS: Components = {
  p: ({ node, children }) => <Paragraph mt={marginOf(node)}>{children}</Paragraph>,
  strong: ({ children }) => (
    <Box as="strong" fontWeight="bold">
      {children}
    </Box>
  ),
  em: ({ children }) => <em>{children}</em>,
  del: ({ children }) => <del>{children}</del>,
  span: ({ children }) => <MentionText>{String(children)}</MentionText>,
  code: InlineCode,
  pre: ({ node }) => <Code {...(node && { node })} />,
  a: ({ href, title, children }) => (
    <Box
      asChild
      color="teal.fg"
      textDecoration="underline"
      textUnderlineOffset="0.15em"
      _hover={{ textDecorationThickness: "2px" }}
    >
      <a href={href} title={title} dir="auto" target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    </Box>
  ),
  blockquote: ({ node, children }) => (
    <Box as="blockquote" dir="auto" mt={marginOf(node)} ps="3" borderStartWidth="3px" color="fg.muted">
      {children}
    </Box>
  ),
  ul: ({ node, children }) => (
    <Box as="ul" dir="auto" mt={marginOf(node)} ps="6" listStyle="disc">
      {children}
    </Box>
  ),
  ol: OrderedList,
  li: ({ node, value, children }) => (
    <Box asChild mt={marginOf(node)}>
      <li value={value}>{children}</li>
    </Box>
  ),
};

function InlineCode({ children }: { readonly children?: ReactNode }) {
  return (
    <Box as="code" dir="auto" fontFamily="mono" fontSize="0.875em" bg="bg.muted" rounded="sm" px="1" py="0.5">
      {children}
    </Box>
  );
}

function Code({ node }: ExtraProps) {
  const code = node?.children.find((child) => child.type === "element");
  const text = code?.children.find((child) => child.type === "text");
  return (
    <Box mt={marginOf(code)}>
      <CodeBlock code={text?.value.replace(/\n$/, "") ?? ""} info={String(code?.properties.title ?? "")} />
    </Box>
  );
}

/** The numbers stand in the padding, and long ones need more of it. */
function OrderedList({
  node,
  start,
  children,
}: ExtraProps & { readonly start?: number | undefined; readonly children?: ReactNode }) {
  const items = node?.children.filter((child) => child.type === "element") ?? [];
  const numbers = items.map(({ properties }) => Number(properties.value ?? 0));
  const digits = `${Math.max(start ?? 1, ...numbers) + items.length}`.length;
  return (
    <Box asChild dir="auto" mt={marginOf(node)} ps={digits < 3 ? "6" : `${digits + 2}ch`} listStyle="decimal">
      <ol start={start}>{children}</ol>
    </Box>
  );
}

function marginOf(node: Element | undefined): string | undefined {
  const lines = Number(node?.properties.gap ?? 0);
  return lines > 0 ? `${lines * LINE_EM}em` : undefined;
}
