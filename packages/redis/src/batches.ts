/** How many commands are sent at once, and how many ids in one. */
export const BATCH = 500

/** Does the work for all items, for so many at once. */
export async function inBatches<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += BATCH) await Promise.all(items.slice(i, i + BATCH).map(work))
}
