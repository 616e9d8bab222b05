import { userOf } from "./archive.mjs";

/** A company that does not exist, and what it says on the days before today. */
const PEOPLE = {
  amara: userOf("Amara Quill", "amara@fernwheel.example"),
  soren: userOf("Søren Pikebrook", "soren@fernwheel.example"),
  mei: userOf("Mei-Lin Harrow", "mei@fernwheel.example"),
  tomas: userOf("Tomás Birchfield"),
  nadia: userOf("Nadia Okonwe", "nadia@fernwheel.example"),
};

/** Whoever looks at the page. */
export const READER = { name: "Nadia Okonwe", email: "nadia@fernwheel.example" };

/** Days before today and the time of the day, who, and what. */
const TALK = [
  [2, "09:12", "amara", "Good morning! The new wheel bearings arrived **yesterday evening**, all forty of them."],
  [2, "09:13", "amara", "They are in the blue crate by the door, please do not open it in the rain 🌧️"],
  [2, "09:20", "soren", "I will count them after the stand-up. Do we have the test sheet somewhere?"],
  [2, "09:22", "mei", "Here it is: https://files.fernwheel.example/bearings/test-sheet"],
  [2, "16:40", "tomas", "> all forty of them\n\nThirty-nine. One is in my bag, I wanted to show it to the *customer*."],
  [2, "16:41", "amara", "😄"],
  [1, "10:02", "soren", "The load test is done. What I ran, for the record:"],
  [
    1,
    "10:03",
    "soren",
    '```go\nfor _, bearing := range crate.Bearings() {\n\tif err := bench.Run(ctx, bearing, 72*time.Hour); err != nil {\n\t\treturn fmt.Errorf("bearing %s: %w", bearing.Serial, err)\n\t}\n}\n```',
  ],
  [1, "10:05", "mei", "And the result?"],
  [
    1,
    "10:07",
    "soren",
    "Three things:\n\n1. 38 of 39 hold for the whole three days\n2. `FW-0217` hums above 900 turns a minute\n3. nobody should sit beside the bench without ear plugs",
  ],
  [1, "10:09", "nadia", "Lovely work. I will write it up for the customer this afternoon."],
  [1, "17:55", "tomas", "Bag and bearing are back. Number **40** runs as well as the others 🎉"],
  [0, "08:31", "mei", "Good morning! The kettle is repaired, and the coffee machine is *not*."],
  [0, "08:33", "amara", "Tea it is 🍵"],
];

/** What comes after that, while the page is open. */
export const LATER = [
  ["Amara Quill", "amara@fernwheel.example", "@Nadia Okonwe could you send me the write-up before ten?"],
  ["Tomás Birchfield", "", "The customer asks whether the hum of `FW-0217` could be *sold as a feature*."],
  ["Søren Pikebrook", "soren@fernwheel.example", "Only together with the ear plugs 🎧"],
];

/** The names of many more, for a channel where everybody is. */
export function crowdNames(count) {
  const first = ["Ines", "Jonas", "Kofi", "Lena", "Marek", "Noor", "Oskar", "Priya", "Quentin", "Rosa"];
  const last = ["Alder", "Beck", "Crane", "Dahl", "Eng", "Flint"];
  return Array.from({ length: count }, (_, i) => {
    return `${first[i % first.length]} ${last[Math.floor(i / first.length) % last.length]}`;
  });
}

const DAY_MS = 86_400_000;

/** The talk as messages of an archive, which ends before now. */
export function talk(now = Date.now()) {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const at = (days, clock) => {
    const [hours, minutes] = clock.split(":").map(Number);
    return midnight - days * DAY_MS + (hours * 60 + minutes) * 60_000;
  };
  const messages = TALK.map(([days, clock, who, text]) => {
    return { channel: "workshop", user: PEOPLE[who], at: at(days, clock), text };
  });
  const late = Math.max(0, messages.at(-1).at - now + 60_000); // it may be early in the morning
  return messages.map((message) => ({ ...message, at: message.at - late }));
}
