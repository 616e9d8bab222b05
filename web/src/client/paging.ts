/** What becomes of the next page of a history: nothing asked for, on its way, or not to be had now. */
export type PageState = "idle" | "loading" | "failed";
