/** Does `work` with each item, with `limit` of them at once. */
export async function inParallel(limit, items, work) {
  let next = 0
  const lane = async () => {
    while (next < items.length) await work(items[next++])
  }
  await Promise.all(Array.from({ length: limit }, lane))
}
