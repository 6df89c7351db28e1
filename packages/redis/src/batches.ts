/** How many commands are sent at once, and how many ids in one. */
export const BATCH = 500

/** Does the work for all items, for so many at once. */
export async function inBatches<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += BATCH) await Promise.all(items.slice(i, i + BATCH).map(work))
}

/**
 * The same, but goes on after an error. Gives all errors, the first one first. A batch in which nothing succeeds is the
 * last one: Redis is out of reach, and each further batch might wait as long.
 */
export async function inBatchesDespiteErrors<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<unknown[]> {
  const errors: unknown[] = []
  for (let i = 0; i < items.length; i += BATCH) {
    const batch = items.slice(i, i + BATCH)
    const before = errors.length
    await Promise.all(batch.map((item) => work(item).catch((error: unknown) => errors.push(error))))
    if (errors.length - before === batch.length) break
  }
  return errors
}
