import { chakra } from "@chakra-ui/react";

/** Strokes on a field of 24 by 24. */
const PATHS = {
  add: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  history: "M3.5 12a8.5 8.5 0 1 0 2.7-6.2M3.5 3.5v3.8h3.8M12 7.5V12l3 2",
  menu: "M4 6h16M4 12h16M4 18h16",
  people:
    "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21v-2a5 5 0 0 1 5-5h4a5 5 0 0 1 5 5v2M16 3.2a4 4 0 0 1 0 7.6M18.5 14.3A5 5 0 0 1 22 19v2",
  search: "M10.5 18a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM16 16l5 5",
  signOut: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  smile: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01",
  warning: "M12 4L2.5 20h19L12 4zM12 10v4.5M12 17.2v.3",
} as const;

export type IconProps = { readonly name: keyof typeof PATHS };

/** A drawing that says nothing by itself: what it stands on has a name. */
export function Icon({ name }: IconProps) {
  return (
    <chakra.svg
      viewBox="0 0 24 24"
      boxSize="1.15em"
      flexShrink={0}
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden
    >
      <path d={PATHS[name]} />
    </chakra.svg>
  );
}
