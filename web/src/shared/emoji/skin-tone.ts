import type { SkinTone } from "frimousse";
import { Setting } from "@/shared/setting";

/** The skin that emoji of people have, as it was chosen last. */
export const skinTone = new Setting<SkinTone>("chitchat.skin-tone", [
  "none",
  "light",
  "medium-light",
  "medium",
  "medium-dark",
  "dark",
]);
