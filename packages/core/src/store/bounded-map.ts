/** A map with a size limit that evicts the oldest key. */
export class BoundedMap<Value> extends Map<string, Value> {
  readonly #limit: number
  /** One for all time: a new iterator would have to find its way past all that was deleted. */
  readonly #oldest: Iterator<string> = this.keys()

  /** `limit`: how many keys. If it is not above 0, the map stays empty. */
  constructor(limit: number) {
    super()
    this.#limit = limit
  }

  override set(key: string, value: Value): this {
    if (!(this.#limit > 0)) return this
    if (this.size >= this.#limit && !this.has(key)) this.delete(this.#oldest.next().value as string)
    return super.set(key, value)
  }
}
