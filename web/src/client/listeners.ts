/** Those who want to know of changes. Whoever subscribes gets a function that ends it. */
export class Listeners<Args extends readonly unknown[] = []> {
  private readonly all = new Set<(...args: Args) => void>();

  readonly subscribe = (listener: (...args: Args) => void): (() => void) => {
    this.all.add(listener);
    return () => this.all.delete(listener);
  };

  tell(...args: Args): void {
    for (const listener of [...this.all]) {
      try {
        listener(...args);
      } catch (error) {
        report(error); // it is heard of, and the others are told all the same
      }
    }
  }
}

/** Makes an error known as one that nobody caught. */
function report(error: unknown): void {
  if (typeof reportError === "function") reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
