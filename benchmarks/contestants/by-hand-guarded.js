// By hand again, with what fetch-sessions promises: no lost update (compare-and-set), an end to each session (idle and
// absolute), at rest no id that opens anything, and nothing for a shared cache to hand on (Vary, Cache-Control).
import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import { cachedTokens, randomToken } from './by-hand.js'
import { newData } from './visit.js'

const IDLE_MS = 86_400_000
const ABSOLUTE_MS = 30 * IDLE_MS

/** @param store - `load(key)`, `create(key, record)` and `update(key, record)`, which writes over the version before alone */
export function guardedApp({ load, create, update }, { size } = {}) {
  const { find, send, sign } = cachedTokens()
  const keyOf = (token) => createHash('sha256').update(token).digest('base64url')
  const open = async (token) => {
    if (token === undefined) return undefined
    const record = await load(keyOf(token))
    return record !== undefined && record.expiresAt > Date.now() ? record : undefined
  }
  const renewed = (record) => ({
    ...record,
    version: record.version + 1,
    expiresAt: Math.min(Date.now() + IDLE_MS, record.createdAt + ABSOLUTE_MS),
  })
  const isDue = (record) => renewed(record).expiresAt - record.expiresAt > IDLE_MS / 10
  const reply = async (c, text, newToken) => {
    if (newToken !== undefined) {
      await send(c, newToken)
      c.header('Cache-Control', 'no-store')
    }
    c.header('Vary', 'Cookie')
    return c.text(text)
  }
  const fetch = new Hono()
    .get('/plain', (c) => c.text('plain'))
    .get('/read', async (c) => {
      const token = await find(c)
      const record = await open(token)
      if (record === undefined) return reply(c, '0')
      if (isDue(record) && (await update(keyOf(token), renewed(record))))
        return reply(c, String(countOf(record)), token)
      return reply(c, String(countOf(record)))
    })
    .get('/write', async (c) => {
      const token = await find(c)
      for (;;) {
        const record = await open(token)
        if (record === undefined) {
          const newToken = randomToken()
          await create(keyOf(newToken), newRecord(size))
          return reply(c, '1', newToken)
        }
        const data = JSON.parse(record.data)
        data.count++
        const next = { ...renewed(record), data: JSON.stringify(data) }
        if (!isDue(record)) next.expiresAt = record.expiresAt
        if (await update(keyOf(token), next)) return reply(c, String(data.count), isDue(record) ? token : undefined)
      }
    }).fetch
  /** Makes `count` sessions fast, where the store is at hand. */
  const seed = (count) =>
    Array.from({ length: count }, () => {
      const token = randomToken()
      create(keyOf(token), newRecord(size))
      return `sid=${sign(token)}`
    })
  return { fetch, seed }
}

/** In a Map. */
export function guardedMemory(options) {
  const records = new Map()
  return guardedApp(
    {
      load: (key) => records.get(key),
      create: (key, record) => records.set(key, record),
      update(key, record) {
        if (records.get(key)?.version !== record.version - 1) return false
        records.set(key, record)
        return true
      },
    },
    options,
  )
}

function newRecord(size) {
  const now = Date.now()
  return { data: JSON.stringify({ ...newData(size), count: 1 }), version: 1, createdAt: now, expiresAt: now + IDLE_MS }
}

function countOf({ data }) {
  return JSON.parse(data).count
}
