import { Center, Image } from "@chakra-ui/react";
import { useState } from "react";
import type { User } from "@/client/frames";

const PALETTES = ["teal", "blue", "purple", "pink", "orange", "green", "cyan", "red"] as const;

export type AvatarProps = { readonly user: User; readonly size?: "7" | "9" };

/** A person's picture, over their initials, which show while it loads and when it cannot be had. */
export function Avatar({ user, size = "9" }: AvatarProps) {
  const [failed, setFailed] = useState<string>();
  const source = pictureOf(user);
  return (
    <Center
      aria-hidden
      position="relative"
      flexShrink={0}
      boxSize={size}
      rounded="full"
      overflow="hidden"
      colorPalette={paletteOf(user.id)}
      bg="colorPalette.muted"
      color="colorPalette.fg"
      textStyle={size === "7" ? "2xs" : "xs"}
      fontWeight="semibold"
      userSelect="none"
    >
      {initialsOf(user.name)}
      {source !== undefined && source !== failed && (
        <Image
          src={source}
          alt=""
          position="absolute"
          inset="0"
          boxSize="full"
          fit="cover"
          loading="lazy"
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => setFailed(source)}
        />
      )}
    </Center>
  );
}

/** Gravatar is asked to say no, rather than to draw its own logo, for an address it does not know. */
function pictureOf({ avatar }: User): string | undefined {
  if (!avatar?.startsWith("https://")) return undefined;
  return avatar.startsWith("https://www.gravatar.com/") ? `${avatar}&d=404` : avatar;
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return ends.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}

function paletteOf(id: string): (typeof PALETTES)[number] {
  let hash = 0;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return PALETTES[hash % PALETTES.length] ?? "teal";
}
