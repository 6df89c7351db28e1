// One visitor's hundred requests at once, over a store that takes its time.
import { build } from './contestants/index.js'
import { cookieAfter, makeRequest } from './visitor.js'

const REQUESTS = 100
const STORE_MS = 1
const CONTESTANTS = ['hono-ours', 'fetch-ours', 'itty-ours', 'hono-sessions', 'hono-official', 'remix-memory']

/** What the session's count is in the end, and how often the store was asked. */
export async function measureConcurrency(log) {
  log(`${REQUESTS} increments at once`)
  const rows = []
  for (const id of CONTESTANTS) {
    const { fetch, calls } = await build(id, { delay: STORE_MS })
    const cookie = cookieAfter(await fetch(makeRequest('/write')))
    const callsBefore = calls.count
    const started = performance.now()
    await Promise.all(Array.from({ length: REQUESTS }, () => fetch(makeRequest('/write', cookie))))
    const ms = performance.now() - started
    const storeCalls = calls.count - callsBefore
    const kept = Number(await (await fetch(makeRequest('/read', cookie))).text()) - 1
    rows.push({ contestant: id, requests: REQUESTS, kept, storeCalls, ms })
  }
  return rows
}
