import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { StartedProcess } from '../src/started-process.js'
import { Client } from './client.js'
import { startExample } from './example.js'
import { runtime } from './runtime.js'

const counters = { node: ['counter', 'express'], bun: ['bun'], deno: ['deno'], workerd: ['workers'] } as const

let started: StartedProcess | undefined

afterEach(async () => {
  await started?.stop()
  started = undefined
})

async function open(example: string, settings?: Record<string, string>): Promise<Client> {
  started = await startExample(example, settings)
  return new Client(`http://127.0.0.1:${started.port}`)
}

describe(`on ${runtime.label}, of the examples`, () => {
  it.each(counters[runtime.server])('%s counts, starts again after a reset, and knows no other page', async (name) => {
    const client = await open(name)
    expect(await client.text('/inc')).toBe('count: 1\n')
    expect(await client.text('/inc')).toBe('count: 2\n')
    expect(await client.text('/')).toBe('count: 2\n')
    expect(await client.text('/', { cookie: '' })).toBe('count: 0\n')
    expect(await client.text('/reset')).toBe('count: 0\n')
    expect([client.cookie, await client.text('/inc')]).toEqual(['', 'count: 1\n'])
    expect((await client.visit('/nowhere')).status).toBe(404)
  })
})

if (runtime.server === 'node') {
  describe(`on ${runtime.label}, of the examples,`, () => {
    it('regenerate gives a new id at sign-in, and the old one is worth nothing', async () => {
      const client = await open('regenerate')
      const guest = await client.text('/')
      const old = client.cookie
      expect(guest).toMatch(/^guest, 1 visits, session [\w-]{43}\n$/)
      await client.visit('/sign-in', { method: 'POST' })
      const admin = await client.text('/')
      expect(admin).toMatch(/^admin, 2 visits, session [\w-]{43}\n$/)
      expect(admin.slice(-44)).not.toBe(guest.slice(-44))
      expect(await client.text('/', { cookie: old })).toMatch(/^guest, 1 visits, /)
    })

    it('signin signs in, shows the greeting once, and signs out everywhere', async () => {
      const client = await open('signin')
      const other = new Client(client.origin)
      const headers = { origin: client.origin }
      const post = (visitor: Client, path: string, body = ''): Promise<Response> =>
        visitor.visit(path, { method: 'POST', headers, body: new URLSearchParams(body) })

      expect((await post(client, '/sign-in', 'name=demo&password=wrong')).status).toBe(401)
      for (const visitor of [client, other]) {
        expect((await post(visitor, '/sign-in', 'name=demo&password=demo-password')).status).toBe(303)
      }
      expect(await client.text('/account')).toContain('You are signed in.')
      expect(await client.text('/account')).not.toContain('You are signed in.')
      expect((await post(client, '/sign-out-everywhere')).headers.get('location')).toBe('/sign-in')
      expect([client.cookie, (await other.visit('/account')).status]).toEqual(['', 303])
    })

    it('signin begins one session with a form that is sent twice, and the cookie of the second opens it', async () => {
      const client = await open('signin')
      const send = (visitor: Client, form: string): Promise<Response> => {
        const body = new URLSearchParams({ name: 'demo', password: 'demo-password', form })
        return visitor.visit('/sign-in', { method: 'POST', headers: { origin: client.origin }, body })
      }
      const [first, second, elsewhere] = [client, new Client(client.origin), new Client(client.origin)]
      expect((await send(elsewhere, 'another form')).status).toBe(303)
      const answers = await Promise.all([send(first, 'one form'), send(second, 'one form')])
      expect(answers.map(({ status }) => status)).toEqual([303, 303])
      expect((await first.visit('/account')).status).toBe(303)
      expect((await second.text('/account')).match(/<li>/g)).toHaveLength(2)
      // And once more, when the first is long done.
      await send(first, 'one form')
      expect((await elsewhere.text('/account')).match(/<li>/g)).toHaveLength(2)
      expect((await first.visit('/sign-in')).headers.get('location')).toBe('/account')
    })

    it('signin remembers nobody who did not ask for it, not even over the live session of one who did', async () => {
      const client = await open('signin')
      const cookieOf = async (name: string, more: Record<string, string>): Promise<string | null> => {
        const body = new URLSearchParams({ name, password: `${name}-password`, ...more })
        const headers = { origin: client.origin }
        return (await client.visit('/sign-in', { method: 'POST', headers, body })).headers.get('set-cookie')
      }
      expect(await cookieOf('demo', { remember: 'on' })).toContain(`Max-Age=${14 * 86_400};`)
      expect(await cookieOf('guest', {})).not.toMatch(/Max-Age|Expires/)
      expect(await client.text('/account')).toContain('Hello, guest')
    })

    it('signin signs the others out', async () => {
      const client = await open('signin')
      const other = new Client(client.origin)
      const headers = { origin: client.origin }
      for (const visitor of [client, other]) {
        const body = new URLSearchParams({ name: 'guest', password: 'guest-password' })
        await visitor.visit('/sign-in', { method: 'POST', headers, body })
      }
      await client.visit('/sign-out-others', { method: 'POST', headers })
      expect([(await client.visit('/account')).status, (await other.visit('/account')).status]).toEqual([200, 303])
    })

    it('accounts signs up, and knows the member again after a restart', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'fetch-sessions-accounts-'))
      onTestFinished(() => rmSync(folder, { recursive: true }))
      const settings = { DATABASE: join(folder, 'accounts.db'), SESSION_SECRET: randomBytes(32).toString('base64url') }
      const client = await open('accounts', settings)
      const body = new URLSearchParams({ name: 'ada', password: 'an engine of analysis' })
      const { status } = await client.visit('/sign-up', { method: 'POST', headers: { origin: client.origin }, body })
      expect(status).toBe(303)
      expect(await client.text('/members')).toContain('<strong>ada')
      await started?.stop()
      const again = await open('accounts', settings)
      expect((await again.visit('/account', { cookie: client.cookie })).status).toBe(200)
      expect((await again.visit('/account', { cookie: '' })).status).toBe(401)
    })

    it.each([
      ['oauth', '/sign-in', 'Sign in with your provider'],
      ['passkeys', '/', 'Sign in with a passkey'],
    ])('%s starts, and asks who one is', async (example, path, button) => {
      expect(await (await open(example)).text(path)).toContain(button)
    })
  })
}
