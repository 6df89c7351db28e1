import type { Run, Seen } from './scenario.js'

/** What came of a run, whatever the order of steps that do not meet: the same for all runs that come to the same. */
export function outcomeOf(run: Run): string {
  const { told, writes, opens, first, last, records, pending, now } = run
  // Ids are random: one is named by who wrote it first, and how many that had written before.
  const names = new Map<string, string>()
  const counts = new Map<string, number>()
  for (const { id, by, record } of writes) {
    if (record.version !== 1 || names.has(id)) continue
    const count = (counts.get(by) ?? 0) + 1
    counts.set(by, count)
    names.set(id, `${by}${count}`)
  }
  const nameOf = (id: string): string => names.get(id) ?? 'first'
  const seenOf = (seen: Seen | undefined): object | undefined =>
    seen && { ...seen, id: seen.isNew ? 'new' : nameOf(seen.id) }
  const cookieOf = (cookie: string): object => {
    const senders = told.flatMap(({ letter, sent }) => (cookie !== '' && sent === cookie ? [letter] : []))
    return { senders, isFirst: [...first.values()].includes(cookie), opens: seenOf(opens.get(cookie)) }
  }
  const requests = told.map(({ letter, answer, error, dropped, sent, seen, cookie }) => ({
    ...{ letter, answer, dropped, seen: seenOf(seen), cookie: cookieOf(cookie) },
    ...{
      error: error instanceof Error ? error.message : undefined,
      sent: sent === undefined ? 'none' : cookieOf(sent),
    },
  }))
  return JSON.stringify({
    requests: requests.sort((a, b) => (a.letter < b.letter ? -1 : 1)),
    jars: [...last].map(([browser, cookie]) => [browser, cookieOf(cookie)]),
    records: records.map(({ id, expiresAt, isSession }) => [nameOf(id), expiresAt - now, isSession].join(' ')).sort(),
    pending,
  })
}
