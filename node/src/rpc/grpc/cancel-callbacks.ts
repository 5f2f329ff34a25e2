// Who wants to know that a call was canceled. Most calls end before anybody asks: the list is made with the first one.

export class CancelCallbacks {
  private callbacks: (() => void)[] | undefined = undefined;

  /** Returns a function that takes the callback back. */
  add(callback: () => void): () => void {
    const callbacks = (this.callbacks ??= []);
    callbacks.push(callback);
    return () => {
      const index = callbacks.indexOf(callback);
      if (index >= 0) callbacks.splice(index, 1);
    };
  }

  /** Runs each once; what one throws is reported, and keeps no other from running. */
  run(call: { unexpected(error: unknown): void }): void {
    const callbacks = this.callbacks;
    this.callbacks = undefined;
    if (callbacks === undefined) return;
    for (const callback of callbacks) {
      try {
        callback();
      } catch (error) {
        call.unexpected(error);
      }
    }
  }
}
