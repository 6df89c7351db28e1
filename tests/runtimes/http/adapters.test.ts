import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bundle } from '../src/bundle.js'
import { type Program, write } from '../src/program.js'
import { type StartedProcess, start } from '../src/started-process.js'
import { Client } from './client.js'
import { runtime } from './runtime.js'

let program: Program
let server: StartedProcess

beforeAll(async () => {
  const entry = fileURLToPath(new URL(`../src/servers/${runtime.server}.ts`, import.meta.url))
  program = write(runtime, await bundle(runtime, { entryPoints: [entry] }))
  server = await start(program.command)
})

afterAll(async () => {
  await server?.stop()
  program?.remove()
})

describe.each(['fetch', 'hono', 'itty-router'])(`%s on ${runtime.label}`, (adapter) => {
  let client: Client

  beforeEach(() => {
    client = new Client(`http://127.0.0.1:${server.port}/${adapter}`)
  })

  it('counts for a client that keeps its cookie, and for each client by itself', async () => {
    expect([await client.text('/count'), await client.text('/count'), await client.text('/count')]).toEqual([
      '1',
      '2',
      '3',
    ])
    expect(await client.text('/count', { cookie: '' })).toBe('1')
  })

  it('sends one cookie with every attribute that makes it safe, and forbids shared caches to keep it', async () => {
    const { headers } = await client.visit('/count')
    const [line = '', ...others] = headers.getSetCookie()
    const [pair, ...attributes] = line.split('; ')
    expect(others).toEqual([])
    expect(pair).toMatch(/^__Host-sid=[\w-]{43}\.[\w-]{43}$/)
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=86400', 'Path=/', 'SameSite=Lax', 'Secure'])
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('vary')).toBe('Cookie')
  })

  it.each(['/count', '/greet'])(
    'sends a text with the cookie as the text that it is, which a browser shows and does not download: %s',
    async (path) => {
      const { headers } = await client.visit(path)
      expect(headers.getSetCookie()).toHaveLength(1)
      expect(headers.get('content-type')).toMatch(/^text\/plain; ?charset=utf-8$/i)
    },
  )

  it('adds nothing to a response whose handler did not use the session', async () => {
    await client.visit('/count')
    const { headers } = await client.visit('/untouched')
    expect([headers.getSetCookie(), headers.get('vary'), headers.get('cache-control')]).toEqual([[], null, null])
  })

  it('keeps both of two increments at the same moment', async () => {
    await client.visit('/count')
    await Promise.all([client.text('/slow-count'), client.text('/slow-count')])
    expect(await client.text('/count')).toBe('4')
  })

  it('gives a new cookie at sign-in, and the old one opens nothing any more', async () => {
    await client.visit('/count')
    const before = client.cookie
    expect((await client.visit('/sign-in', { method: 'POST' })).status).toBe(204)
    expect(client.cookie).not.toBe(before)
    expect(await (await client.visit('/read')).json()).toEqual({ isNew: false, count: 1, user: 'ada' })
    expect(await (await client.visit('/read', { cookie: before })).json()).toEqual({ isNew: true })
  })

  it('ends a session for good at sign-out', async () => {
    await client.visit('/count')
    const before = client.cookie
    const { headers } = await client.visit('/sign-out', { method: 'POST' })
    expect(headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-sid=; .*Max-Age=0/)])
    expect(client.cookie).toBe('')
    expect(await (await client.visit('/read', { cookie: before })).json()).toEqual({ isNew: true })
  })

  it('ends a session for good at a sign-out whose client did not wait', async () => {
    await client.visit('/count')
    const before = client.cookie
    const impatient = { method: 'POST', signal: AbortSignal.timeout(100) }
    await expect(client.visit('/slow-sign-out', impatient)).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect
      .poll(async () => (await client.visit('/read', { cookie: before })).json(), { timeout: 10_000 })
      .toEqual({ isNew: true })
  })

  it('takes a forged cookie for none, and does not remove it', async () => {
    await client.visit('/count')
    const [name, value = ''] = client.cookie.split('=')
    const forged = `${name}=${value.startsWith('A') ? 'B' : 'A'}${value.slice(1)}`
    const response = await client.visit('/read', { cookie: forged })
    expect([await response.json(), response.headers.getSetCookie()]).toEqual([{ isNew: true }, []])
    expect(await client.text('/count')).toBe('2')
  })

  it('puts its cookie on a redirect, whose headers can not be changed', async () => {
    const response = await client.visit('/redirect')
    expect([response.status, response.headers.get('location')]).toEqual([303, expect.stringMatching(/\/read$/)])
    expect(await (await client.visit('/read')).json()).toEqual({ isNew: false, count: 1 })
  })

  it('sends its cookie beside those of the handler, each in a line of its own', async () => {
    const { headers } = await client.visit('/cookies')
    expect(headers.getSetCookie().map((line) => line.split('=')[0])).toEqual(['a', 'b', '__Host-sid'])
  })

  it('sends the cookie and the first bytes of a body that has no end', async () => {
    const abort = new AbortController()
    const response = await client.visit('/endless', { signal: abort.signal })
    const { value } = (await response.body?.getReader().read()) ?? {}
    expect(new TextDecoder().decode(value)).toMatch(/^more /)
    abort.abort()
    expect(await client.text('/count')).toBe('2')
  })

  it('saves from within a stream', async () => {
    expect(await client.text('/save-in-stream')).toBe('saved')
    expect(await client.text('/count')).toBe('3')
  })

  it('reads for the first time from within a stream', async () => {
    await client.visit('/count')
    expect(await client.text('/late-read')).toBe('1')
  })

  it('answers 404 where there is no page, without a cookie', async () => {
    const response = await client.visit('/nowhere')
    expect([response.status, response.headers.getSetCookie()]).toEqual([404, []])
  })

  it('answers HEAD with the cookie and no body', async () => {
    const response = await client.visit('/count', { method: 'HEAD' })
    expect([response.status, await response.text(), response.headers.getSetCookie().length]).toEqual([200, '', 1])
    expect(await client.text('/count')).toBe('2')
  })
})
