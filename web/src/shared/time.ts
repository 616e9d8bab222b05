const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const DAY_OF_ANOTHER_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

/** The hour and minute here, as the person's language writes them. */
export function clockTime(at: Date): string {
  return isValid(at) ? CLOCK.format(at) : "";
}

export function fullTime(at: Date): string {
  return isValid(at) ? FULL.format(at) : "";
}

export function dayName(at: Date, now: Date): string {
  if (!isValid(at)) return "";
  return (at.getFullYear() === now.getFullYear() ? DAY : DAY_OF_ANOTHER_YEAR).format(at);
}

/** Names a day of the calendar here; equal for two times of the same day. */
export function dayKey(at: Date): string {
  return `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;
}

function isValid(at: Date): boolean {
  return !Number.isNaN(at.getTime());
}
