/** A map with a size limit that evicts the oldest key. */
export class BoundedMap<Value> extends Map<string, Value> {
  readonly #limit: number
  /** Kept, since a new iterator has to find its way past all that was deleted. */
  #oldest: Iterator<string> = this.keys()
  #deleted = 0

  /** `limit`: how many keys. If it is not above 0, the map stays empty. */
  constructor(limit: number) {
    super()
    this.#limit = limit
  }

  override set(key: string, value: Value): this {
    if (!(this.#limit > 0)) return this
    if (this.size >= this.#limit && !this.has(key)) super.delete(this.#oldest.next().value as string)
    return super.set(key, value)
  }

  override delete(key: string): boolean {
    // But not for ever: an iterator that stands still keeps each table that V8 has replaced since.
    if (++this.#deleted > this.size) {
      this.#deleted = 0
      this.#oldest = this.keys()
    }
    return super.delete(key)
  }
}
