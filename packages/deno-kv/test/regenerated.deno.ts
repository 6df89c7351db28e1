/** Signs an owner out while a session gets new ids, each behind a look at the index, and tells what came of it. */
import type { KeyValueDatabase } from '../src/database.js'
import { denoKvStore } from '../src/index.js'

const now = Date.now()
const record = { data: '{}', createdAt: now, expiresAt: now + 60_000, owner: 'ada', version: 1 }
const marker = { ...record, data: '', owner: undefined, version: 2 }

for (const times of [3, 50]) {
  const kv: KeyValueDatabase & { close(): void } = await Deno.openKv(':memory:')
  const store = denoKvStore(kv)
  const ids = Array.from({ length: times + 1 }, (_, i) => String(i).padStart(43, '0'))
  await store.create(ids[0] ?? '', record)

  let looks = 0
  const overtaken: KeyValueDatabase = {
    get: (key) => kv.get(key),
    atomic: () => kv.atomic(),
    async *list<Value>(...args: Parameters<KeyValueDatabase['list']>) {
      yield* kv.list<Value>(...args)
      const [old, successor] = ids.slice(looks++)
      if (old === undefined || successor === undefined) return
      await store.create(successor, record)
      await store.update(old, marker)
    },
  }
  const outcome = await denoKvStore(overtaken).deleteByOwner('ada').catch(String)
  const records = await Promise.all(ids.map((id) => store.load(id)))
  const listed = (await store.listByOwner('ada')).map(({ id }) => id)
  console.log(JSON.stringify({ outcome, living: records.filter((left) => left?.owner === 'ada').length, listed }))
  kv.close()
}
