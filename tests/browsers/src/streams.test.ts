import { Readable } from 'node:stream'
import { MemoryStore, session } from '@fetch-sessions/hono'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { openPage } from './browser.js'
import { secret } from './secret.js'
import { type App, startSite } from './site.js'

/** Streams that go on when somebody calls /go-on. */
function streamingApp(): App {
  let goOn = (): void => {}
  let waiting = new Promise<void>((resolve) => (goOn = resolve))
  const app = new Hono().use(session<{ count: number }>({ store: new MemoryStore(), secret }))
  app.get('/', async (c) => c.text(String((await c.var.session.read()).get('count') ?? 0)))
  app.get('/go-on', (c) => {
    goOn()
    return c.text('going on')
  })
  for (const [path, type, line] of [
    ['/stream', 'text/plain', (text: string) => `${text}\n`],
    ['/events', 'text/event-stream', (text: string) => `data: ${text}\n\n`],
  ] as const) {
    app.get(path, async (c) => {
      const handle = c.var.session
      ;(await handle.write()).update('count', (n = 0) => n + 1)
      waiting = new Promise((resolve) => (goOn = resolve))
      async function* parts(): AsyncGenerator<Uint8Array> {
        yield new TextEncoder().encode(line('begun'))
        await waiting
        await handle.save((session) => session.update('count', (n = 0) => n + 10))
        yield new TextEncoder().encode(line(`count ${(await handle.read()).get('count')}`))
      }
      return new Response(Readable.toWeb(Readable.from(parts())) as ReadableStream<Uint8Array>, {
        headers: { 'Content-Type': type },
      })
    })
  }
  return app
}

describe('a stream that begins a session', () => {
  it('has given the browser its cookie before it ends, and saves what it changes later', async () => {
    const site = await startSite(streamingApp())
    const page = await openPage()
    await page.visit(site('shop.test'))
    const seen = await page.evaluate(async () => {
      const count = async (): Promise<string> => (await fetch('/')).text()
      const reader = (await fetch('/stream')).body?.pipeThrough(new TextDecoderStream()).getReader()
      const seen = [(await reader?.read())?.value, await count()]
      await fetch('/go-on')
      seen.push((await reader?.read())?.value, String((await reader?.read())?.done), await count())
      return seen
    })
    expect(seen).toEqual(['begun\n', '1', 'count 11\n', 'true', '11'])
  })

  it('of server-sent events does the same', async () => {
    const site = await startSite(streamingApp())
    const page = await openPage()
    await page.visit(site('shop.test'))
    const seen = await page.evaluate(async () => {
      const count = async (): Promise<string> => (await fetch('/')).text()
      const events = new EventSource('/events')
      const next = (): Promise<string> => new Promise((resolve) => (events.onmessage = ({ data }) => resolve(data)))
      const seen = [await next(), await count()]
      const last = next()
      await fetch('/go-on')
      seen.push(await last)
      events.close()
      return [...seen, await count()]
    })
    expect(seen).toEqual(['begun', '1', 'count 11', '11'])
  })

  it('that the visitor leaves in the middle keeps what was stored before it began', async () => {
    const site = await startSite(streamingApp())
    const page = await openPage()
    await page.visit(site('shop.test'))
    await page.evaluate(async () => {
      const leaving = new AbortController()
      const reader = (await fetch('/stream', { signal: leaving.signal })).body?.getReader()
      await reader?.read()
      leaving.abort()
    })
    expect(await page.visit(site('shop.test'))).toBe('1')
  })
})
