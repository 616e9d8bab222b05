/** Where the build has put the emoji data; see build/emoji-data.ts. */
declare module "virtual:emoji-data" {
  /** Holds `en/data.json` and `en/messages.json`. */
  export const emojibaseUrl: string;
  /** An object of emoji, each with its shortcodes in a row. */
  export const shortcodesUrl: string;
}
