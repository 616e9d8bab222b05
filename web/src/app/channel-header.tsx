import { Button, type ButtonProps, Flex, Heading } from "@chakra-ui/react";
import type { ReactNode } from "react";
import { Icon } from "@/shared/icon";
import { texts } from "@/shared/texts";

export type PageHeaderProps = { readonly title: ReactNode; readonly before?: ReactNode; readonly children?: ReactNode };

/** The line above the messages. */
export function PageHeader({ title, before, children }: PageHeaderProps) {
  return (
    <Flex
      as="header"
      align="center"
      gap={{ base: "1", md: "2" }}
      px={{ base: "2", md: "6" }}
      minH="14"
      borderBottomWidth="1px"
      flexShrink={0}
    >
      {before}
      <Heading as="h1" size="md" flex="1" minW="0" px={{ base: "1", md: "0" }} truncate>
        {title}
      </Heading>
      {children}
    </Flex>
  );
}

export type HeaderButtonProps = Omit<ButtonProps, "aria-label"> & {
  readonly icon: "history" | "menu" | "people" | "search";
  readonly label: string;
  /** What is shown beside the drawing; the label says it too. */
  readonly text?: string | number;
};

/** A button of the header: a drawing, with little text where there is little room. */
export function HeaderButton({ icon, label, text, ...button }: HeaderButtonProps) {
  return (
    <Button size="sm" variant="ghost" colorPalette="gray" px="2" aria-label={label} title={label} {...button}>
      <Icon name={icon} />
      {text}
    </Button>
  );
}

export type ChannelsButtonProps = {
  readonly count: number;
  readonly unread: string;
  readonly isOpen: boolean;
  readonly onClick: () => void;
};

/** Opens the channels where they have no column. */
export function ChannelsButton({ count, unread, isOpen, onClick }: ChannelsButtonProps) {
  const label = texts.channels.toggle(count);
  return (
    <HeaderButton
      icon="menu"
      label={unread === "" ? label : `${label}, ${texts.channels.unread(unread)}`}
      text={count}
      aria-expanded={isOpen}
      aria-haspopup="dialog"
      position="relative"
      {...(unread !== "" && { _after: DOT })}
      onClick={onClick}
    />
  );
}

/** Something is unread. */
const DOT = {
  content: "''",
  position: "absolute",
  top: "1",
  insetEnd: "1",
  boxSize: "2",
  rounded: "full",
  bg: "red.solid",
} as const;
