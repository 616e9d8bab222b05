/** Every text of the interface, in one place: for a translator, and for one voice. */
export const texts = {
  product: "chitchat",

  signIn: {
    title: "Join a channel",
    lead: "A name and a channel are enough.",
    name: "Name",
    email: "Email",
    emailHelp: "Optional. It chooses your picture, and is not shown.",
    channel: "Channel",
    channelHelp: "Letters, digits, “-” and “_”. A new name makes a new channel.",
    submit: "Join",
    faults: {
      name: "Give a name of at most 100 characters.",
      email: "That is not an email address. Give one like ada@example.com, or none.",
      channel: "A channel has 1 to 64 letters, digits, “-” and “_”.",
    },
    ended: "Your sign-in has ended. Join again to go on.",
    leftElsewhere: "You were signed out in another tab. Join again to go on here.",
    replacedElsewhere: "Somebody else joined in another tab. Join again to go on here.",
    unreachable: "The server cannot be reached. Try again in a moment.",
  },

  account: {
    checking: "Signing in…",
    unreachable: "The server cannot be reached. Trying again…",
  },

  chat: {
    messages: (channel: string) => `Messages in ${channel}`,
    you: "you",
    messageBy: (name: string) => `Message by ${name}`,
    loading: "Reading the history…",
    historyMissing: "The history cannot be read right now. New messages come all the same.",
    empty: "Nothing has been said here yet.",
    emptyLead: "Be the first.",
    beginning: "This is where #{name} begins.",
    loadOlder: "Load older messages",
    olderFailed: "Older messages cannot be read right now.",
    latest: (unseen: number) => {
      if (unseen === 0) return "Jump to latest";
      return unseen === 1 ? "1 new message · Jump to latest" : `${unseen} new messages · Jump to latest`;
    },
    sending: "Sending…",
    notSent: "Not sent.",
    tryAgain: "Try again",
    discard: "Discard",
    today: "Today",
    yesterday: "Yesterday",
    joined: "{name} joined",
    left: "{name} left",
    returned: "{name} left and came back",
    andOthers: (count: number) => (count === 1 ? "1 other" : `${count} others`),
  },

  composer: {
    label: "Message",
    placeholder: (channel: string) => `Message #${channel}`,
    hint: "Enter sends, Shift+Enter makes a new line",
    send: "Send",
    tooLong: (over: number) => `${over} too many`,
    remaining: (count: number) => `${count} left`,
    full: "Too many messages are waiting to be sent.",
    refused: "The server could not take this message.",
  },

  people: {
    title: "People",
    toggle: (count: number) => `People (${count})`,
    more: (count: number) => `and ${count} more`,
    leave: "Leave",
  },

  connection: {
    connecting: "Connecting…",
    reconnecting: "Reconnecting…",
    lost: "Connection lost.",
    offline: "You are offline.",
    again: (seconds: number) => (seconds > 0 ? `Trying again in ${seconds} s` : "Trying again…"),
    now: "Now",
    halted: "The server closed the connection because of what this page sent.",
    reconnect: "Reconnect",
    ended: "You are signed out.",
  },

  crash: {
    title: "Something broke on this page",
    lead: "Your messages are safe on the server. Loading the page again should help.",
    reload: "Load again",
  },
} as const;
