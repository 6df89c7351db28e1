/** Goes to the limits of Deno KV, and tells in one line what happens there. */
import { denoKvStore } from '../src/index.js'

const kv = await Deno.openKv(':memory:')
const store = denoKvStore(kv)
const id = 'l'.repeat(43)
const now = Date.now()
const record = { data: 'small', createdAt: now, expiresAt: now + 60_000, owner: 'ada', version: 1 }
const errorOf = (call: () => Promise<unknown>): Promise<string> => call().then(() => 'none', String)

await store.create(id, record)
const tooLarge = await errorOf(() => store.update(id, { ...record, version: 2, data: 'x'.repeat(65_536) }))
const replaced = (await store.load(id))?.data

// More than are deleted together.
for (let i = 0; i < 60; i++) await store.create(String(i).padStart(43, '0'), record)
await kv.set(['other'], 1)
await kv.set(['sessions', 'other', 1], 1)
await store.clear()
const left: string[] = []
for await (const { key } of kv.list({ prefix: [] })) left.push(key.join())

/** The most that the store promises, of characters that take much room. */
const atTheLimit: Record<string, boolean> = {}
const { dataBytes, ownerBytes } = store.limits
for (const [name, fill] of Object.entries({ 'a letter': 'a', 'a sign': '€', NUL: '\0', mixed: 'aaaaaaaé' })) {
  const filled = (bytes: number): string => fill.repeat(bytes / new TextEncoder().encode(fill).length)
  const largest = { ...record, data: filled(dataBytes), owner: filled(ownerBytes), meta: filled(1500) }
  const key = '-'.repeat(43)
  await store.create(key, largest)
  await store.touch(key, now + 90_000, 1)
  const loaded = await store.load(key)
  const isWhole = loaded?.data === largest.data && loaded.owner === largest.owner && loaded.meta === largest.meta
  atTheLimit[name] = isWhole && (await store.deleteByOwner(largest.owner)) === 1
}

kv.close()
const calls = {
  load: () => store.load(id),
  create: () => store.create(id, record),
  update: () => store.update(id, { ...record, version: 2 }),
  touch: () => store.touch(id, now, 1),
  delete: () => store.delete(id),
  list: () => store.list(undefined, 10, now),
  listByOwner: () => store.listByOwner('ada'),
  deleteByOwner: () => store.deleteByOwner('ada'),
  clear: () => store.clear(),
}
const closed: string[] = []
for (const [name, call] of Object.entries(calls)) closed.push(`${name}: ${await errorOf(call)}`)

console.log(
  JSON.stringify({
    'a session of more than 64 KiB': tooLarge,
    'the session that it was to replace': replaced,
    'the longest data and owner': atTheLimit,
    'each operation of a closed database': closed,
    'what a clear leaves of other data': left,
  }),
)
