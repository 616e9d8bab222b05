import type { SkinTone } from "frimousse";

const KEY = "chitchat.skin-tone";
const TONES: readonly SkinTone[] = ["none", "light", "medium-light", "medium", "medium-dark", "dark"];

/** The tone that was chosen last in this browser. */
export function loadSkinTone(): SkinTone {
  try {
    const kept = localStorage.getItem(KEY);
    return TONES.find((tone) => tone === kept) ?? "none";
  } catch {
    return "none"; // storage is forbidden
  }
}

export function keepSkinTone(tone: SkinTone): void {
  try {
    localStorage.setItem(KEY, tone);
  } catch {
    // Storage is full or forbidden: the tone lasts as long as the picker is open.
  }
}
