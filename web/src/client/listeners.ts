/** Those who want to know of changes. Whoever subscribes gets a function that ends it. */
export class Listeners<Args extends readonly unknown[] = []> {
  private readonly all = new Set<(...args: Args) => void>();

  readonly subscribe = (listener: (...args: Args) => void): (() => void) => {
    this.all.add(listener);
    return () => this.all.delete(listener);
  };

  tell(...args: Args): void {
    for (const listener of [...this.all]) listener(...args);
  }
}
