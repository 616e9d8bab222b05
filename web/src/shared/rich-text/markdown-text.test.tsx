// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { MentionIndex } from "@/client/mentions";
import { renderOnPage } from "@/shared/testing";
import { MarkdownText } from "./markdown-text";
import { MentioningContext } from "./mention-text";
import { needsMarkdown } from "./needs-markdown";

const MENTIONING = { mentionable: new MentionIndex([{ id: "1", name: "Ada" }]), selfId: "2" };

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  A: ["dir", "href", "rel", "target", "title"],
  BDI: [],
  BLOCKQUOTE: ["dir"],
  BUTTON: ["type"],
  CODE: ["dir"],
  DEL: [],
  DIV: [],
  EM: [],
  LI: ["value"],
  MARK: ["dir"],
  OL: ["dir", "start"],
  P: [],
  PRE: ["aria-label", "dir", "role", "tabindex"],
  SPAN: ["aria-live"],
  STRONG: [],
  UL: ["dir"],
};

function show(text: string): HTMLElement {
  const { container } = renderOnPage(
    <MentioningContext value={MENTIONING}>
      <MarkdownText text={text} />
    </MentioningContext>,
  );
  return container;
}

/** The elements that a text becomes, without what only styles them, and without the frame of a block of code. */
function shape(node: Node): string {
  if (!(node instanceof HTMLElement)) return node.nodeName === "#text" ? (node.textContent ?? "") : "";
  const inner = [...node.childNodes]
    .filter((child) => !(/^(UL|OL|BLOCKQUOTE|LI|DIV)$/.test(node.tagName) && child.nodeName === "#text"))
    .map(shape)
    .join("");
  if (node.tagName === "BUTTON" || node.tagName === "DIV") return node.tagName === "DIV" ? inner : "";
  const name = node.tagName.toLowerCase();
  const facts = ["href", "start", "value", "title"].map((fact) => node.getAttribute(fact)).filter(Boolean);
  return `<${[name, ...facts].join(" ")}>${inner}</${name}>`;
}

describe("the subset", () => {
  it.each<[name: string, text: string, want: string]>([
    ["emphasis", "**b** *i* _i_ ~~s~~", "<p><strong>b</strong> <em>i</em> <em>i</em> <del>s</del></p>"],
    ["nested emphasis", "***b i*** **b *i***", "<p><em><strong>b i</strong></em> <strong>b <em>i</em></strong></p>"],
    ["inline code", "`<b>` ``a`b``", "<p><code><b></code> <code>a`b</code></p>"],
    ["inline code over lines", "`a\nb`", "<p><code>a\nb</code></p>"],
    ["a fence", "```\na  *b*\n  c\n```\nd", "<bdi></bdi><pre><code>a  *b*\n  c</code></pre><p>d</p>"],
    ["a fence with a language", "```go run\nx\n```", "<bdi>go run</bdi><pre><code>x</code></pre>"],
    ["a fence left open", "~~~\nx\n\ny", "<bdi></bdi><pre><code>x\n\ny</code></pre>"],
    ["a quote and its answer", "> q\n> r\nanswer", "<blockquote><p>q\nr</p></blockquote><p>answer</p>"],
    ["a list and what follows", "- a\n- b\nend", "<ul><li><p>a</p></li><li><p>b</p></li></ul><p>end</p>"],
    [
      "lists in lists",
      "- a\n  - b\n* c",
      "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul><ul><li><p>c</p></li></ul>",
    ],
    ["numbers", "7. a\n8. b", "<ol 7><li><p>a</p></li><li><p>b</p></li></ol>"],
    ["numbers that stay", "1. a\n1. b", "<ol><li><p>a</p></li><li><p>b</p></li></ol>"],
    [
      "numbers that leap",
      "1. a\n3. b\n5) c",
      "<ol><li><p>a</p></li><li 3><p>b</p></li></ol><ol 5><li><p>c</p></li></ol>",
    ],
    ["a list in a quote", "> - a\n> b", "<blockquote><ul><li><p>a</p></li></ul><p>b</p></blockquote>"],
    ["a link", "[a *b*](https://e.com/x)", "<p><a https://e.com/x>a <em>b</em></a></p>"],
    ["a link with a file's name", "[main.go](https://e.com/main.go)", "<p><a https://e.com/main.go>main.go</a></p>"],
    ["a link with its own host", "[e.com/x](https://www.e.com/x)", "<p><a https://www.e.com/x>e.com/x</a></p>"],
    ["a link with a title", '[a](https://e.com "t")', "<p><a https://e.com t>a</a></p>"],
    ["brackets in an address", "[a](https://e.com/\\(b\\))", "<p><a https://e.com/(b)>a</a></p>"],
    ["addresses", "see https://e.com/a_b_c.", "<p>see <a https://e.com/a_b_c>https://e.com/a_b_c</a>.</p>"],
    [
      "an address with a port",
      "http://localhost:8080/c/a#m1",
      "<p><a http://localhost:8080/c/a#m1>http://localhost:8080/c/a#m1</a></p>",
    ],
    ["an address without a scheme", "www.e.com", "<p><a http://www.e.com>www.e.com</a></p>"],
    ["a marked address", "<HTTPS://e.com>", "<p><a HTTPS://e.com>HTTPS://e.com</a></p>"],
    ["mail", "a@e.com <mailto:b@e.com>", "<p><a mailto:a@e.com>a@e.com</a> <a mailto:b@e.com>mailto:b@e.com</a></p>"],
    ["lines", "a *b*\nc  \nd", "<p>a <em>b</em>\nc  \nd</p>"],
    [
      "mentions",
      "*@ada* `@Ada` [@Ada](https://e.com)",
      "<p><em><mark>@ada</mark></em> <code>@Ada</code> <a https://e.com>@Ada</a></p>",
    ],
  ])("%s", (_, text, want) => {
    expect(shape(show(text))).toBe(want);
  });

  it("opens links elsewhere, and tells the other page nothing", () => {
    const link = show("https://e.com").querySelector("a");
    expect(link?.target).toBe("_blank");
    expect(link?.rel).toBe("noopener noreferrer nofollow");
  });
});

describe("shown as typed", () => {
  it.each([
    "# heading",
    "heading\n=====",
    "heading\n---",
    "---",
    "* * *",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "<b>html</b>",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<!-- nothing -->",
    "![alt](https://e.com/a.png)",
    "![a [b](https://e.com) c](https://e.com/a.png)",
    "text[^1]",
    "[^1]: note",
    "[a]: /b 'c'\n[a]",
    "&amp; &lt; &#106;",
    "    code that is indented\n\tand so",
    "  a\n   b",
    "~about~",
    "¯\\_(ツ)_/¯",
    "\\*not\\* C:\\_dir \\\\host\\[a]",
    "line\\\nline",
    "[x](javascript:alert(1))",
    "[x](JavaScript:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](<\u0001javascript:alert(1)>)",
    "[x](javascript&colon;alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](data:text/html,<b>)",
    "[x](vbscript:x)",
    "[x](file:///etc/passwd)",
    "[x](/c/lobby)",
    "[x](//e.com)",
    "[x](https:e.com)",
    "[x](https://)",
    "[x](<https://e.com/a b>)",
    "[](https://e.com)",
    "[\u200b](https://e.com)",
    "[https://bank.com](https://evil.com)",
    "[https://bank.com\u2060/](https://evil.com)",
    "[www.bank.com](https://bank.com.evil.com)",
    "[bank.com/login](https://evil.com)",
    "[bank.com](https://evil.com)",
    "[(https://bank.com)](https://evil.com)",
    "[see https://bank.com](https://evil.com)",
    "[\u202emoc.knab//:sptth](https://evil.com)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "[a][b]",
    "-",
    ">",
    "1.",
    "```",
    "**",
    "snake_case_name 2 * 3 * 4",
  ])("%j", (text) => {
    const container = show(text);
    expect(container.textContent).toBe(text);
    expect([...new Set([...container.querySelectorAll("*")].map(({ tagName }) => tagName))]).toEqual(["P"]);
  });
});

const HOSTILE = [
  ..."*_[]`<>~@\\-\n",
  ...[
    "![",
    "> ",
    "*a ",
    "*a_",
    "_a*",
    "~~a",
    "[a](",
    "[](",
    "[[]",
    "<a@",
    "- ",
    "- a\n",
    "> a\n",
    "1. ",
    "1.\n",
    "> - ",
  ],
  ...["``` \n", "~~~\n", "`a``b```c", "www.", "http://", "a@b.", "@Ada ", "**_", "[a](b)", "_a_ ", "e\u0301", "|\n"],
].map((part) => `${part.repeat(140)}*x*`);

const DEEP = [
  `${"*_".repeat(70)}a${"_*".repeat(70)}`,
  "*a ".repeat(140) + "a* ".repeat(140),
  Array.from({ length: 60 }, (_, i) => `${"  ".repeat(i)}- a`).join("\n"),
  Array.from({ length: 60 }, (_, i) => `${"> ".repeat(i % 12)}- a`).join("\n"),
];

describe("hostile texts", () => {
  it.each([...HOSTILE, ...DEEP].map((text) => [text.slice(0, 12), text] as const))("%j… end whole", (_, text) => {
    if (!needsMarkdown(text)) return; // is never parsed
    const container = show(text);
    for (const button of container.querySelectorAll("button")) button.remove();
    const letters = (shown: string | null) => shown?.replace(/[^a-z]/gi, "");
    expect(letters(container.textContent)).toBe(letters(text));
    expect(depthOf(container)).toBeLessThan(100);
  });
});

function depthOf(element: Element): number {
  return 1 + Math.max(0, ...[...element.children].map(depthOf));
}

const NASTY = [
  ..."*_~`[]()<>!#-+=|&\\/:;.@ \n\t\"'^1ax\u202e\u2069\u200b\u0301\u0000",
  ...[
    "https://e.com",
    "javascript:",
    "data:",
    "www.e",
    "mailto:a@e.com",
    "a@e.com",
    "![",
    "](",
    "<a href=",
    "onerror=x>",
    "</p>",
  ],
  ...[
    "&#106;",
    "&colon;",
    "```",
    "\n> ",
    "\n- ",
    "\n1. ",
    "\n    ",
    "@Ada",
    "**",
    "~~",
    "[^1]",
    "[a]: ",
    "<!--",
    "\ud800",
    "<script>",
  ],
];

function prng(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("500 random texts", () => {
  it.each(Array.from({ length: 25 }, (_, i) => i + 1))("become only what is allowed, seed %i", (seed) => {
    const random = prng(seed);
    for (let i = 0; i < 20; i++) {
      const text = Array.from({ length: 1 + random() * 25 }, () => NASTY[Math.floor(random() * NASTY.length)]).join("");
      const container = show(text);
      for (const element of container.querySelectorAll("*")) {
        const allowed = ALLOWED[element.tagName];
        expect(allowed, `${element.tagName} in ${JSON.stringify(text)}`).toBeDefined();
        for (const { name } of element.attributes) {
          expect(["class", "data-self", ...(allowed ?? [])], JSON.stringify(text)).toContain(name);
        }
        if (element.tagName === "A") expect(element.getAttribute("href")).toMatch(/^(https?:\/\/|mailto:)/i);
      }
      if (!needsMarkdown(text)) expectPlain(container, text);
    }
  });
});

/** What is not parsed on the page must not have needed it. */
function expectPlain(container: HTMLElement, text: string): void {
  const squeeze = (shown: string | null) => shown?.replace(/[\s\0\ufffd]/g, "");
  expect(squeeze(container.textContent)).toBe(squeeze(text));
  expect(container.querySelector("a, em, strong, del, code, ul, ol, blockquote"), JSON.stringify(text)).toBeNull();
}
