import { Listeners } from "@/client/listeners";
import { browserStore } from "@/client/store";

/** A choice that the browser remembers, the same in all its pages. */
export class Setting<Value extends string> {
  private readonly changes = new Listeners();
  private readonly store = browserStore(() => localStorage);
  private current: Value;

  /** The first of the values is the one of who has not chosen. */
  constructor(
    private readonly key: string,
    readonly values: readonly [Value, ...Value[]],
  ) {
    this.current = this.stored();
    this.store.watch((changed) => {
      if (changed === key || changed === "") this.become(this.stored());
    });
  }

  readonly subscribe = this.changes.subscribe;

  readonly state = (): Value => this.current;

  readonly set = (value: Value): void => {
    this.store.set(this.key, value);
    this.become(value);
  };

  private stored(): Value {
    const stored = this.store.get(this.key);
    return this.values.find((value) => value === stored) ?? this.values[0];
  }

  private become(value: Value): void {
    if (value === this.current) return;
    this.current = value;
    this.changes.tell();
  }
}
