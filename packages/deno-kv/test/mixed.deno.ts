/** Answers each read with the entry of another session, or of another owner, and tells what the store makes of it. */
import type { KeyValueDatabase, KvEntry } from '../src/database.js'
import { denoKvStore } from '../src/index.js'

const kv: KeyValueDatabase & { close(): void } = await Deno.openKv(':memory:')
const store = denoKvStore(kv)
const now = Date.now()
const [mine, other] = ['m'.repeat(43), 'o'.repeat(43)]
const record = { data: 'mine', createdAt: now, expiresAt: now + 60_000, owner: 'ada', version: 1 }
await store.create(mine, record)
await store.create(other, { ...record, data: 'secret', owner: 'bob' })

const swapped = (key: readonly string[]): string[] =>
  key.map((part) => ({ [mine]: other, ada: 'bob', session: 'owner' })[part] ?? part)
const mixed = denoKvStore({
  get: (key) => kv.get([...key.slice(0, -1), other]),
  atomic: () => kv.atomic(),
  list<Value>(
    { prefix }: { prefix: readonly string[] },
    options: { batchSize: number },
  ): AsyncIterable<KvEntry<Value>> {
    return kv.list<Value>({ prefix: swapped(prefix) }, options)
  },
})

const calls = {
  load: () => mixed.load(mine),
  update: () => mixed.update(mine, { ...record, data: 'mine, updated', version: 2 }),
  touch: () => mixed.touch(mine, now + 90_000, 1),
  delete: () => mixed.delete(mine),
  list: () => mixed.list(undefined, 10, now),
  listByOwner: () => mixed.listByOwner('ada'),
  deleteByOwner: () => mixed.deleteByOwner('ada'),
  clear: () => mixed.clear(),
}
const outcomes: Record<string, string> = {}
for (const [name, call] of Object.entries(calls)) outcomes[name] = await call().then(JSON.stringify, String)
const left = await store.load(other)
console.log(JSON.stringify({ calls: outcomes, other: `${left?.data}, version ${left?.version}` }))
kv.close()
