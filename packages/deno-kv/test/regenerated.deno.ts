/** Signs an owner out while a session is regenerated behind the first look at the index, and tells what came of it. */
import type { KeyValueDatabase } from '../src/database.js'
import { denoKvStore } from '../src/index.js'

const kv: KeyValueDatabase & { close(): void } = await Deno.openKv(':memory:')
const store = denoKvStore(kv)
const now = Date.now()
const record = { data: '', createdAt: now, expiresAt: now + 60_000, owner: 'ada', version: 1 }
await store.create('old', record)

let looks = 0
const overtaken: KeyValueDatabase = {
  get: (key) => kv.get(key),
  atomic: () => kv.atomic(),
  async *list<Value>(...args: Parameters<KeyValueDatabase['list']>) {
    yield* kv.list<Value>(...args)
    if (++looks > 1) return
    await store.create('successor', record)
    await store.delete('old')
  },
}
const deleted = await denoKvStore(overtaken).deleteByOwner('ada')
console.log(JSON.stringify({ deleted, left: await store.listByOwner('ada') }))
kv.close()
