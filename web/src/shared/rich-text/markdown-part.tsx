import { Component, type ComponentType, lazy, type ReactNode, Suspense, useState } from "react";

/** After a failure the part is asked for again this much later at the soonest. */
const RETRY_MS = 15_000;

type Part = ComponentType<{ readonly text: string }>;

let loaded: Part | undefined;
let awaited: Part | undefined;
let retryAt = 0;

async function load(): Promise<{ default: Part }> {
  try {
    const { MarkdownText } = await import("./markdown-text");
    loaded = MarkdownText;
    return { default: MarkdownText };
  } catch (error) {
    // React keeps a failure for good: the rows after this one ask anew, for the network may be back by then.
    awaited = undefined;
    retryAt = Date.now() + RETRY_MS;
    throw error;
  }
}

function currentPart(): Part | undefined {
  if (loaded) return loaded;
  if (!awaited && Date.now() >= retryAt) awaited = lazy(load);
  return awaited;
}

/** Loads the Markdown part before a message needs it. Where that fails, the message that needs it tries again. */
export async function preloadMarkdown(): Promise<void> {
  if (!loaded) await load().catch(() => undefined);
}

export type MarkdownPartProps = {
  readonly text: string;
  /** Stands in its place while the part is loaded, and where it cannot be. */
  readonly plain: ReactNode;
};

/** The text as Markdown. */
export function MarkdownPart({ text, plain }: MarkdownPartProps) {
  const [Part] = useState(() => currentPart());
  if (!Part) return plain;
  return (
    <PlainOnError plain={plain}>
      <Suspense fallback={plain}>
        <Part text={text} />
      </Suspense>
    </PlainOnError>
  );
}

type BoundaryProps = { readonly plain: ReactNode; readonly children: ReactNode };

class PlainOnError extends Component<BoundaryProps, { readonly broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render(): ReactNode {
    return this.state.broken ? this.props.plain : this.props.children;
  }
}
