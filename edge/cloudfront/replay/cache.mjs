/** A cache of limited size in bytes that evicts the least recently used entry. */
export class Cache {
  #kept = new Map();
  #room;

  constructor(bytes) {
    this.#room = bytes;
  }

  /** Whether `key` was cached; it is now. */
  ask(key, bytes) {
    const known = this.#kept.delete(key);
    this.#kept.set(key, bytes);
    if (known) return true;
    this.#room -= bytes;
    for (const [oldest, size] of this.#kept) {
      if (this.#room >= 0) break;
      this.#kept.delete(oldest);
      this.#room += size;
    }
    return false;
  }
}
