import { emojibaseUrl } from "virtual:emoji-data";
import { defaultEmojiDataResolver, type EmojiData } from "frimousse";

/** Where frimousse keeps what it has read, so that it need not be read again. */
const KEPT = "frimousse/";

/** The emoji that this browser can show. They are read from our own server once, and kept over reloads. Throws without them. */
export async function loadEmojiSet(signal?: AbortSignal): Promise<EmojiData> {
  const set = await defaultEmojiDataResolver("en", { emojibaseUrl, ...(signal && { signal }) });
  forgetOthers();
  return set;
}

/** Each build with new data has a new address, under which frimousse keeps it: the old ones would only pile up. */
function forgetOthers(): void {
  try {
    const isOther = (key: string): boolean => key.startsWith(KEPT) && !key.includes(`/${emojibaseUrl}`);
    for (const key of Object.keys(localStorage).filter(isOther)) localStorage.removeItem(key);
  } catch {
    // Storage is forbidden: nothing is kept.
  }
}
