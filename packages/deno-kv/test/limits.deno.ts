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

kv.close()
const calls = {
  load: () => store.load(id),
  create: () => store.create(id, record),
  update: () => store.update(id, { ...record, version: 2 }),
  touch: () => store.touch(id, now),
  delete: () => store.delete(id),
  listByOwner: () => store.listByOwner('ada'),
  clear: () => store.clear(),
}
const closed: string[] = []
for (const [name, call] of Object.entries(calls)) closed.push(`${name}: ${await errorOf(call)}`)

console.log(
  JSON.stringify({
    'a session of more than 64 KiB': tooLarge,
    'the session that it was to replace': replaced,
    'each operation of a closed database': closed,
    'what a clear leaves of other data': left,
  }),
)
