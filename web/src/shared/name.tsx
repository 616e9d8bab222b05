import { Box } from "@chakra-ui/react";
import { Children, type ReactNode } from "react";
import { listed } from "./plural";

/**
 * A name inside a line of text. It is a box of its own in the line, so that whatever directions the name
 * holds end with it: an isolate alone could be closed by the name itself (U+2069).
 */
export function Name({ children }: { readonly children: string }) {
  return (
    <Box as="bdi" display="inline-block" maxW="full" overflowWrap="anywhere">
      {children}
    </Box>
  );
}

export type SentenceProps = {
  /** A text of the interface with one `{name}` in it. */
  readonly of: string;
  readonly name: ReactNode;
};

/** Puts a name, or some, into a sentence. */
export function Sentence({ of, name }: SentenceProps) {
  const [before, after] = of.split("{name}");
  return (
    <>
      {before}
      {name}
      {after}
    </>
  );
}

export type NamesProps = {
  readonly names: readonly { readonly id: string; readonly name: string }[];
  /** So many are said, and the rest is counted. */
  readonly most: number;
  readonly others: (count: number) => string;
};

/** Names in a row, as in "Ada, Bob, 2 others". */
export function Names({ names, most, others }: NamesProps) {
  const rest = names.length - most;
  const said: ReactNode[] = names.slice(0, most).map(({ id, name }) => <Name key={id}>{name}</Name>);
  if (rest > 0) said.push(others(rest));
  return <>{Children.toArray(listed(said, (text) => text))}</>;
}
