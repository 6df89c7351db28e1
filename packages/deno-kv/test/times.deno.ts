/** Writes sessions with odd times, by an even clock and an odd one, and tells in a line of each whether it was kept. */
import { denoKvStore } from '../src/index.js'

const kv = await Deno.openKv(':memory:')
const now = Date.now()
for (const offset of [0, 0.5]) {
  const store = denoKvStore(kv, { prefix: ['times', String(offset)] })
  store.useClock(() => Date.now() + offset)
  for (const expiresAt of [now + 60_000.25, now + 3.2e12, 1e14, 8.64e15, Number.MAX_SAFE_INTEGER, 1e20]) {
    const id = `${expiresAt}`.padEnd(43, 'x')
    const record = { data: '{}', createdAt: now + 0.125, expiresAt, owner: 'ada', version: 1 }
    const answers = [
      await store.create(id, record),
      await store.update(id, { ...record, version: 2 }),
      await store.touch(id, expiresAt - 0.5, 2),
    ]
    const loaded = await store.load(id)
    const isSame = loaded?.createdAt === record.createdAt && loaded.expiresAt === expiresAt - 0.5
    console.log(JSON.stringify({ expiresAt, kept: answers.every(Boolean) && isSame }))
  }
}
kv.close()
